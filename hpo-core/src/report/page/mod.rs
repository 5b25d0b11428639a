//! A report as one page that needs no network and no other file. Everything that can be read
//! without a script is plain HTML. The figures and the table of trials are drawn by plotly.js and
//! our own script, from data that the page contains once.

/// Returns one script of several files, which share their names but leave none outside.
macro_rules! script {
    ($($file:literal)+) => {
        concat!(
            "\"use strict\";\n(() => {\n",
            $(include_str!(concat!("../../../assets/page/", $file, ".js")), "\n",)+
            "})();\n"
        )
    };
}

mod body;
mod data;
mod filters;
pub mod served;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

pub(super) use filters::Filters;

use super::text::escaped;
use super::{Report, ReportError};
use crate::file;

const PLOTLY: &str = include_str!("../../../assets/plotly/plotly-cartesian.min.js");
const STYLE: &str = include_str!("../../../assets/page/page.css");

/// The script of a page that contains its data.
const SCRIPT: &str = script!(
    "base" "data" "filters" "layout" "figures" "table" "trial" "tabs" "view" "offline"
);

impl Report {
    /// Writes the report as one page, which opens from disk and needs no network. The file is
    /// complete at every moment: an older one is replaced atomically.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn html(&self, path: impl AsRef<Path>) -> Result<(), ReportError> {
        write(path.as_ref(), &self.page(None))
    }

    /// Writes the page of a running study. It shows when it was written, and reloads itself each
    /// time `every` has passed, keeping its position and filters. Write it again about as often.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn live_html(&self, path: impl AsRef<Path>, every: Duration) -> Result<(), ReportError> {
        write(path.as_ref(), &self.page(Some(every)))
    }

    /// Returns the page as text for a server whose content security policy names a nonce: only
    /// scripts with this nonce run.
    #[must_use]
    pub fn page_with_nonce(&self, nonce: &str) -> String {
        self.text(None, &format!(" nonce=\"{}\"", escaped(nonce)))
    }

    /// Returns the page as text. With `reload`, it reloads itself each time that duration has
    /// passed.
    #[must_use]
    pub fn page(&self, reload: Option<Duration>) -> String {
        self.text(reload, "")
    }

    /// Returns the page; `nonce` is an attribute of its scripts, or empty.
    fn text(&self, reload: Option<Duration>, nonce: &str) -> String {
        let name = self.overviews.first().map_or("no study", |overview| &overview.name);
        let title = self.title.as_deref().unwrap_or(name);
        let reload = reload.map(|every| every.as_secs().max(1));
        let refresh = reload.map_or_else(String::new, |every| {
            format!("<meta http-equiv=\"refresh\" content=\"{every}\">\n")
        });
        let mut page = String::with_capacity(PLOTLY.len() + (1 << 20));
        let _ = write!(
            page,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
             script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:\">\n\
             {refresh}<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
            escaped(title),
        );
        page += &body::of(self, title, reload);
        let _ = write!(
            page,
            "<script type=\"application/json\" id=\"data\">{}</script>\n\
             <script{nonce}>\n{PLOTLY}\n</script>\n<script{nonce}>\n{SCRIPT}</script>\n</body>\n</html>\n",
            data::of(self),
        );
        page
    }

    /// Shows the page in a notebook. evcxr calls this method if a report is the last expression of
    /// a cell, and reads the text between two markers on standard output.
    pub fn evcxr_display(&self) {
        // A frame separates the styles and scripts of the page from those of the notebook. A
        // failed write is ignored: without a reader, no error is needed.
        let _ = writeln!(
            std::io::stdout().lock(),
            "EVCXR_BEGIN_CONTENT text/html\n{}\nEVCXR_END_CONTENT",
            self.framed()
        );
    }

    /// Returns the page within a frame, as part of another page.
    #[must_use]
    pub fn framed(&self) -> String {
        let page = escaped(&self.page(None));
        format!(
            "<iframe srcdoc=\"{page}\" style=\"width:100%;height:80vh;border:0\" \
             sandbox=\"allow-scripts\"></iframe>"
        )
    }
}

fn write(path: &Path, text: &str) -> Result<(), ReportError> {
    file::replace(path, |file| file.write_all(text.as_bytes())).map_err(ReportError::io(path))
}
