//! The shell scripts that engines run.

use super::job::Job;
use super::storage::Variable;

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

/// Returns the lines that set the name of a worker and the variables of the storage, and enter the
/// directory. `worker` is an expression of the shell.
pub(crate) fn head(job: &Job, worker: &str, variables: &[Variable]) -> String {
    let export =
        |variable: &Variable| format!("export {}={}\n", variable.name, quote(&variable.value));
    let exports: String = variables.iter().map(export).collect();
    let directory = quote(&job.directory.to_string_lossy());
    format!("export HPO_WORKER=\"{worker}\"\n{exports}cd {directory}\n")
}

/// Returns the words of ssh that reach a machine without a question. Its first value of an option
/// counts, so `arguments` may set another time limit.
pub(crate) fn ssh(arguments: &[String], host: &str) -> Vec<String> {
    let mut words: Vec<String> = ["ssh", "-o", "BatchMode=yes"].map(str::to_owned).to_vec();
    words.extend(arguments.iter().cloned());
    words.extend(["-o", "ConnectTimeout=20", host].map(str::to_owned));
    words
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
