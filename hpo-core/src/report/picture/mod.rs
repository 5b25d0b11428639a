//! Figures as pictures: SVG by a small writer of ours, from the same charts as the page, and PNG of that by resvg. No browser, and no
//! font for SVG; for PNG a font of the machine.

mod axis;
mod bands;
mod drawing;
mod marks;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use resvg::{tiny_skia, usvg};

use super::figure::{Chart, Figure};
use super::{Report, ReportError};
use crate::file;

/// A PNG has so many dots for each unit of the SVG.
const SCALE: f32 = 2.0;

impl Report {
    /// Writes each figure as an SVG file into a folder, which is made if need be. Returns the files.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn svg(&self, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, ReportError> {
        self.pictures(folder.as_ref(), "svg", |_, svg| Ok(svg.into_bytes()))
    }

    /// Writes each figure as a PNG file into a folder, which is made if need be. Returns the files.
    ///
    /// # Errors
    /// If there is no font on this machine, or a file cannot be written.
    pub fn png(&self, folder: impl AsRef<Path>) -> Result<Vec<PathBuf>, ReportError> {
        let fonts = fonts()?;
        self.pictures(folder.as_ref(), "png", |name, svg| png(&fonts, name, &svg))
    }

    fn pictures(
        &self,
        folder: &Path,
        extension: &str,
        drawn: impl Fn(&str, String) -> Result<Vec<u8>, ReportError>,
    ) -> Result<Vec<PathBuf>, ReportError> {
        std::fs::create_dir_all(folder).map_err(ReportError::io(folder))?;
        let write = |(name, figure): (String, &Figure)| {
            let path = folder.join(format!("{name}.{extension}"));
            let bytes = drawn(&name, figure.svg())?;
            file::replace(&path, |file| file.write_all(&bytes)).map_err(ReportError::io(&path))?;
            Ok(path)
        };
        self.named_figures().into_iter().map(write).collect()
    }
}

impl Figure {
    /// As an SVG file.
    #[must_use]
    pub fn svg(&self) -> String {
        self.chart().svg()
    }

    /// As a PNG file.
    ///
    /// # Errors
    /// If there is no font on this machine.
    pub fn png(&self) -> Result<Vec<u8>, ReportError> {
        png(&fonts()?, self.kind(), &self.svg())
    }
}

impl Chart {
    /// As an SVG file.
    #[must_use]
    pub fn svg(&self) -> String {
        drawing::svg(self)
    }
}

/// The fonts of the machine. Without one, resvg would leave the words out and say nothing.
fn fonts() -> Result<Arc<usvg::fontdb::Database>, ReportError> {
    let mut fonts = usvg::fontdb::Database::new();
    fonts.load_system_fonts();
    let named = |wanted: &[&str]| {
        let is_wanted =
            |face: &&usvg::fontdb::FaceInfo| face.families.iter().any(|(name, _)| wanted.contains(&name.as_str()));
        fonts.faces().find(is_wanted).or(fonts.faces().next()).and_then(|face| Some(face.families.first()?.0.clone()))
    };
    let family =
        named(&["DejaVu Sans", "Liberation Sans", "Noto Sans", "Arial", "Helvetica"]).ok_or(ReportError::NoFont)?;
    fonts.set_sans_serif_family(family);
    Ok(Arc::new(fonts))
}

fn png(fonts: &Arc<usvg::fontdb::Database>, name: &str, svg: &str) -> Result<Vec<u8>, ReportError> {
    let problem = |problem: String| ReportError::Picture { figure: name.to_owned(), problem };
    let options = usvg::Options { fontdb: Arc::clone(fonts), ..usvg::Options::default() };
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| problem(error.to_string()))?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or_else(|| problem("it has no size".to_owned()))?;
    let mut dots =
        tiny_skia::Pixmap::new(size.width(), size.height()).ok_or_else(|| problem("it is too large".to_owned()))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut dots.as_mut());
    dots.encode_png().map_err(|error| problem(error.to_string()))
}
