//! Parameters as a storage numbers them.

use crate::space::Domain;

/// The number of a parameter in its study. Parameters are numbered in the order of their first
/// appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(pub u32);

/// A parameter as a storage records it.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// The dotted path of the parameter.
    pub path: String,
    /// The domain, as last declared.
    pub domain: Domain,
}
