//! Figures as pictures: SVG, written by a small writer of our own from the same charts as the page,
//! and PNG, rendered from the SVG by resvg. Neither needs a browser. Only PNG needs a font on the
//! machine.

mod axis;
mod contours;
mod layers;
mod svg;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use resvg::{tiny_skia, usvg};

use super::figure::{Chart, Figure};
use super::{Report, ReportError};
use crate::file;

/// The number of pixels of a PNG per unit of the SVG.
const SCALE: f32 = 2.0;

impl Report {
    /// Writes each figure as an SVG file into a folder, which is created if necessary. Returns the
    /// paths of the files.
    ///
    /// # Errors
    /// Fails if a file cannot be written.
    pub fn svg(&self, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, ReportError> {
        self.pictures(folder.as_ref(), "svg", |_, svg| Ok(svg.into_bytes()))
    }

    /// Writes each figure as a PNG file into a folder, which is created if necessary. Returns the
    /// paths of the files.
    ///
    /// # Errors
    /// Fails if there is no font on this machine, a figure cannot be drawn, or a file cannot be
    /// written.
    pub fn png(&self, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, ReportError> {
        let fonts = fonts()?;
        self.pictures(folder.as_ref(), "png", |name, svg| png(&fonts, name, &svg))
    }

    fn pictures(
        &self,
        folder: &Path,
        extension: &str,
        render: impl Fn(&str, String) -> Result<Vec<u8>, ReportError>,
    ) -> Result<Vec<PathBuf>, ReportError> {
        std::fs::create_dir_all(folder).map_err(ReportError::io(folder))?;
        let write = |(name, figure): (String, &Figure)| {
            let path = folder.join(format!("{name}.{extension}"));
            let bytes = render(&name, figure.svg())?;
            file::replace(&path, |file| file.write_all(&bytes)).map_err(ReportError::io(&path))?;
            Ok(path)
        };
        self.named_figures().into_iter().map(write).collect()
    }
}

impl Figure {
    /// Returns the figure as the text of an SVG file.
    #[must_use]
    pub fn svg(&self) -> String {
        self.chart().svg()
    }

    /// Returns the figure as the bytes of a PNG file.
    ///
    /// # Errors
    /// Fails if there is no font on this machine, or the figure cannot be drawn.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        png(&fonts()?, self.kind(), &self.svg())
    }
}

impl Chart {
    /// Returns the chart as the text of an SVG file.
    #[must_use]
    pub fn svg(&self) -> String {
        svg::svg(self)
    }
}

/// Loads the fonts of the machine. Without any font, resvg would silently leave out all text, so
/// that case is an error.
fn fonts() -> Result<Arc<usvg::fontdb::Database>, ReportError> {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_system_fonts();
    let named = |wanted: &[&str]| {
        let is_wanted = |face: &&usvg::fontdb::FaceInfo| {
            face.families.iter().any(|(name, _)| wanted.contains(&name.as_str()))
        };
        fonts
            .faces()
            .find(is_wanted)
            .or(fonts.faces().next())
            .and_then(|face| Some(face.families.first()?.0.clone()))
    };
    let family = named(&["DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica"])
        .ok_or(ReportError::NoFont)?;
    fonts.set_sans_serif_family(family);
    Ok(Arc::new(fonts))
}

fn png(fonts: &Arc<usvg::fontdb::Database>, name: &str, svg: &str) -> Result<Vec<u8>, ReportError> {
    let problem = |problem: String| ReportError::Picture { figure: name.to_owned(), problem };
    let options = usvg::Options { fontdb: Arc::clone(fonts), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| problem(error.to_string()))?;
    let size = tree
        .size()
        .to_int_size()
        .scale_by(SCALE)
        .ok_or_else(|| problem("it has no size".to_owned()))?;
    let mut dots = tiny_skia::Pixmap::new(size.width(), size.height())
        .ok_or_else(|| problem("it is too large".to_owned()))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut dots.as_mut());
    dots.encode_png().map_err(|error| problem(error.to_string()))
}
