//! The user's type with its parsed attributes. Each part borrows its tokens, so that errors have
//! spans.

use proc_macro2::Ident;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Expr, ExprCall, Fields, Generics, Index, LitStr, Member, Path, Type};

use crate::attr::{ContainerAttrs, FieldAttrs, VariantAttrs};
use crate::case::Case;
use crate::ctxt::Ctxt;
use crate::kind::{Kind, Shape, is_optional, ungrouped};
use crate::value::bare;

/// A struct or an enum that derives its space.
pub(crate) struct Container<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) generics: &'a Generics,
    pub(crate) attrs: ContainerAttrs,
    pub(crate) content: Content<'a>,
}

/// The content of a struct or an enum.
pub(crate) enum Content<'a> {
    Struct(Body<'a>),
    Enum(Vec<Variant<'a>>),
}

/// A variant of an enum.
pub(crate) struct Variant<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) name: String,
    pub(crate) attrs: VariantAttrs,
    pub(crate) body: Body<'a>,
}

/// The fields of a struct or a variant.
pub(crate) struct Body<'a> {
    pub(crate) style: Style,
    pub(crate) fields: Vec<Field<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Named,
    Tuple,
    Unit,
}

/// A field with its parsed attributes.
pub(crate) struct Field<'a> {
    pub(crate) member: Member,
    pub(crate) name: String,
    pub(crate) ty: &'a Type,
    pub(crate) attrs: FieldAttrs,
    pub(crate) role: Role,
    pub(crate) shape: Shape<'a>,
}

/// The role of a field in the search.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Number,
    Choice,
    Flag,
    /// A field whose type is a search space of its own.
    Nested,
    Fixed,
    Skip,
}

/// The default of a field.
pub(crate) enum FieldDefault<'a> {
    Absent,
    /// The default `None` of an option.
    Off,
    Value(&'a Expr),
}

impl<'a> Container<'a> {
    /// Parses the type. Returns `None` for a union, which is not supported.
    pub(crate) fn new(ctxt: &Ctxt, input: &'a DeriveInput) -> Option<Self> {
        let attrs = ContainerAttrs::new(ctxt, &input.attrs);
        let rename_all = attrs.rename_all.get().copied();
        let content = match &input.data {
            Data::Struct(data) => Content::Struct(Body::new(ctxt, &data.fields, rename_all)),
            Data::Enum(data) => Content::Enum(
                data.variants
                    .iter()
                    .map(|variant| Variant::new(ctxt, variant, rename_all))
                    .collect(),
            ),
            Data::Union(data) => {
                ctxt.error(data.union_token, "a union has no search space: make it an enum");
                return None;
            }
        };
        Some(Self { ident: &input.ident, generics: &input.generics, attrs, content })
    }

    /// Returns all fields, of all variants.
    pub(crate) fn fields(&self) -> Vec<&Field<'a>> {
        match &self.content {
            Content::Struct(body) => body.fields.iter().collect(),
            Content::Enum(variants) => {
                variants.iter().flat_map(|variant| &variant.body.fields).collect()
            }
        }
    }

    /// Returns the path of the crate that the expansion refers to.
    pub(crate) fn krate(&self) -> Option<&Path> {
        self.attrs.krate.get()
    }
}

impl<'a> Variant<'a> {
    fn new(ctxt: &Ctxt, variant: &'a syn::Variant, rename_all: Option<Case>) -> Self {
        let attrs = VariantAttrs::new(ctxt, &variant.attrs);
        Self {
            ident: &variant.ident,
            name: name(attrs.rename.get(), rename_all, &variant.ident.unraw().to_string()),
            body: Body::new(ctxt, &variant.fields, attrs.rename_all.get().copied()),
            attrs,
        }
    }
}

impl<'a> Body<'a> {
    fn new(ctxt: &Ctxt, fields: &'a Fields, rename_all: Option<Case>) -> Self {
        let style = match fields {
            Fields::Named(_) => Style::Named,
            Fields::Unnamed(_) => Style::Tuple,
            Fields::Unit => Style::Unit,
        };
        let fields = fields
            .iter()
            .enumerate()
            .map(|(index, field)| Field::new(ctxt, index, field, rename_all));
        Self { style, fields: fields.collect() }
    }

    /// Returns true if it is `(T)` without a name for the field: then the parts of `T` lie at the
    /// path of the type itself.
    pub(crate) fn is_newtype(&self) -> bool {
        self.style == Style::Tuple
            && matches!(&self.fields[..], [field] if field.role == Role::Nested && field.attrs.rename.get().is_none() && field.shape.layers.is_empty())
    }
}

impl<'a> Field<'a> {
    fn new(ctxt: &Ctxt, index: usize, field: &'a syn::Field, rename_all: Option<Case>) -> Self {
        let attrs = FieldAttrs::new(ctxt, &field.attrs);
        let shape = Shape::new(&field.ty, &attrs);
        let (member, name) = match &field.ident {
            Some(ident) => (
                Member::Named(ident.clone()),
                name(attrs.rename.get(), rename_all, &ident.unraw().to_string()),
            ),
            None => (
                Member::Unnamed(Index::from(index)),
                name(attrs.rename.get(), None, &index.to_string()),
            ),
        };
        let role = role(&attrs, &shape);
        Self { member, name, ty: &field.ty, attrs, role, shape }.without_layers()
    }

    /// Keeps the type whole if it is nested and has no `len`: `Option<T>` is a search space itself
    /// if `T` is.
    fn without_layers(mut self) -> Self {
        let layered = !self.shape.layers.is_empty() && self.shape.vecs() == 0;
        if layered && matches!(self.role, Role::Nested | Role::Flag) {
            self.role = Role::Nested;
            self.shape = Shape { layers: Vec::new(), inner: self.ty, kind: Kind::Other };
        }
        self
    }

    /// Returns true if the field is a part of the search space.
    pub(crate) fn is_tuned(&self) -> bool {
        !matches!(self.role, Role::Fixed | Role::Skip)
    }

    /// Returns the default. For an option it is `None`, `Some(value)`, or just the value.
    pub(crate) fn default_value(&self) -> FieldDefault<'_> {
        let Some(default) = self.attrs.default.get() else {
            return FieldDefault::Absent;
        };
        if !self.shape.is_optional() || !is_optional(default) {
            return FieldDefault::Value(default);
        }
        match bare(default) {
            Expr::Call(ExprCall { args, .. }) if args.len() == 1 => {
                FieldDefault::Value(bare(&args[0]))
            }
            _ => FieldDefault::Off,
        }
    }
}

fn role(attrs: &FieldAttrs, shape: &Shape) -> Role {
    let numeric = attrs.range.is_written()
        || attrs.log.is_written()
        || attrs.step.is_written()
        || attrs.prior.is_written()
        || shape.kind.is_number();
    match () {
        () if attrs.fixed.is_written() => Role::Fixed,
        () if attrs.skip.is_written() || is_phantom(shape.inner) => Role::Skip,
        () if attrs.choices.is_written() || matches!(shape.kind, Kind::Char | Kind::Text) => {
            Role::Choice
        }
        () if numeric => Role::Number,
        () if shape.kind == Kind::Bool => Role::Flag,
        () => Role::Nested,
    }
}

/// Returns true for `PhantomData`, which has nothing to tune.
fn is_phantom(ty: &Type) -> bool {
    matches!(ungrouped(ty), Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "PhantomData"))
}

fn name(rename: Option<&LitStr>, rename_all: Option<Case>, ident: &str) -> String {
    match (rename, rename_all) {
        (Some(name), _) => name.value(),
        (None, Some(case)) => case.apply(ident),
        (None, None) => ident.to_owned(),
    }
}
