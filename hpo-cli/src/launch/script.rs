//! The shell scripts that engines run.

use super::job::Job;

/// Quotes words for a shell, so that it reads them as they are.
pub(crate) fn quoted<S: AsRef<str>>(words: &[S]) -> String {
    let words: Vec<String> = words.iter().map(|word| quote(word.as_ref())).collect();
    words.join(" ")
}

/// Quotes a word for a shell.
pub(crate) fn quote(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=,@%+".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Returns the lines that set the name of a worker and the storage, and enter the directory.
/// `worker` is an expression of the shell.
pub(crate) fn head(job: &Job, worker: &str, storage: &str) -> String {
    format!(
        "export HPO_WORKER=\"{worker}\"\nexport HPO_STORAGE={}\ncd {}\n",
        quote(storage),
        quote(&job.directory.to_string_lossy())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_quoted_words_as_they_are() {
        let words = ["a b", "it's", "$x", "", "{lr}", "--x=1", "\"\n"];
        let line = format!("printf '<%s>' {}", quoted(&words));
        let output = std::process::Command::new("sh").args(["-c", &line]).output().unwrap();
        let expected = format!("<{}>", words.join("><"));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
        assert_eq!(quote("runs/a.db"), "runs/a.db");
    }
}
