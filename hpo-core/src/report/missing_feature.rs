//! Stubs for the functions of reports whose feature is off: a call does not compile, and the
//! compiler names the feature.
//!
//! These traits have no implementations, so the functions cannot be called. A bound without a
//! lifetime would already be an error at its definition, not only at its use.

#[cfg(not(all(feature = "page", feature = "pictures")))]
use std::path::Path;
#[cfg(not(feature = "pictures"))]
use std::path::PathBuf;

#[cfg(not(all(feature = "page", feature = "pictures")))]
use super::Report;
use super::ReportError;
#[cfg(not(feature = "pictures"))]
use super::figure::{Chart, Figure};

/// A trait without implementations: the feature `page` is off.
#[cfg(not(feature = "page"))]
#[diagnostic::on_unimplemented(
    message = "the page of a report needs the feature `page` of hpo-core",
    label = "needs the feature `page`",
    note = "turn it on in Cargo.toml, `hpo-core = {{ .., features = [\"page\"] }}`, or by `cargo \
        add hpo-core --features page`"
)]
pub trait Page {
    #[doc(hidden)]
    fn never<T>() -> T;
}

/// A trait without implementations: the feature `pictures` is off.
#[cfg(not(feature = "pictures"))]
#[diagnostic::on_unimplemented(
    message = "pictures of figures need the feature `pictures` of hpo-core",
    label = "needs the feature `pictures`",
    note = "turn it on in Cargo.toml, `hpo-core = {{ .., features = [\"pictures\"] }}`, or by \
        `cargo add hpo-core --features pictures`"
)]
pub trait Pictures {
    #[doc(hidden)]
    fn never<T>() -> T;
}

/// A trait without implementations: the feature `parquet` is off.
#[cfg(not(feature = "parquet"))]
#[diagnostic::on_unimplemented(
    message = "Parquet files need the feature `parquet` of hpo-core",
    label = "needs the feature `parquet`",
    note = "turn it on in Cargo.toml, `hpo-core = {{ .., features = [\"parquet\"] }}`, or by \
        `cargo add hpo-core --features parquet`"
)]
pub trait Parquet {
    #[doc(hidden)]
    fn never<T>() -> T;
}

#[cfg(not(feature = "page"))]
#[expect(clippy::missing_errors_doc, clippy::must_use_candidate, reason = "nobody can call them")]
impl Report {
    /// Writes the report as one page. Needs the feature `page`.
    pub fn html(&self, _path: impl AsRef<Path>) -> Result<(), ReportError>
    where
        for<'off> Self: Page,
    {
        Self::never()
    }

    /// Writes the page of a running study. Needs the feature `page`.
    pub fn live_html(
        &self,
        _path: impl AsRef<Path>,
        _every: std::time::Duration,
    ) -> Result<(), ReportError>
    where
        for<'off> Self: Page,
    {
        Self::never()
    }

    /// Returns the page as text. Needs the feature `page`.
    pub fn page(&self, _reload: Option<std::time::Duration>) -> String
    where
        for<'off> Self: Page,
    {
        Self::never()
    }

    /// Shows the page in a notebook. Needs the feature `page`.
    pub fn evcxr_display(&self)
    where
        for<'off> Self: Page,
    {
        Self::never::<()>();
    }

    /// Returns the page within a frame. Needs the feature `page`.
    pub fn framed(&self) -> String
    where
        for<'off> Self: Page,
    {
        Self::never()
    }
}

#[cfg(not(feature = "pictures"))]
#[expect(clippy::missing_errors_doc, reason = "nobody can call them")]
impl Report {
    /// Writes each figure as an SVG file. Needs the feature `pictures`.
    pub fn svg(&self, _folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, ReportError>
    where
        for<'off> Self: Pictures,
    {
        Self::never()
    }

    /// Writes each figure as a PNG file. Needs the feature `pictures`.
    pub fn png(&self, _folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, ReportError>
    where
        for<'off> Self: Pictures,
    {
        Self::never()
    }
}

#[cfg(not(feature = "pictures"))]
#[expect(clippy::missing_errors_doc, clippy::must_use_candidate, reason = "nobody can call them")]
impl Figure {
    /// Returns the figure as an SVG file. Needs the feature `pictures`.
    pub fn svg(&self) -> String
    where
        for<'off> Self: Pictures,
    {
        Self::never()
    }

    /// Returns the figure as a PNG file. Needs the feature `pictures`.
    pub fn png(&self) -> Result<Vec<u8>, ReportError>
    where
        for<'off> Self: Pictures,
    {
        Self::never()
    }
}

#[cfg(not(feature = "pictures"))]
#[expect(clippy::must_use_candidate, reason = "nobody can call it")]
impl Chart {
    /// Returns the chart as an SVG file. Needs the feature `pictures`.
    pub fn svg(&self) -> String
    where
        for<'off> Self: Pictures,
    {
        Self::never()
    }
}

#[cfg(not(feature = "parquet"))]
#[expect(clippy::missing_errors_doc, reason = "nobody can call it")]
impl super::TrialTable {
    /// Writes a Parquet file. Needs the feature `parquet`.
    pub fn write_parquet(&self, _file: impl std::io::Write + Send) -> Result<(), ReportError>
    where
        for<'off> Self: Parquet,
    {
        Self::never()
    }
}
