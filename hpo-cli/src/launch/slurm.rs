//! Slurm: an array of workers, which goes back to the queue when it is preempted.

use anyhow::{Result, ensure};

use super::job::Job;
use super::plan::{Input, Plan};
use super::script;

/// The time before the end of its limit at which a worker receives SIGTERM.
const NOTICE: u64 = 60;

/// Returns the plan of a job.
///
/// # Errors
/// If a path cannot be a part of a line of options.
pub(crate) fn plan(job: &Job) -> Result<Plan> {
    let path = job.folder.join("job.sh");
    let folder = job.folder.to_string_lossy();
    ensure!(
        !folder.contains(|letter: char| letter.is_control() || "%\\".contains(letter)),
        "--dir: Slurm gives `%` and `\\` a meaning in file names: choose a folder without them"
    );
    let mut command = vec!["sbatch".to_owned(), "--parsable".to_owned(), "--export=ALL".to_owned()];
    command.extend(job.arguments.iter().cloned());
    command.push(path.to_string_lossy().into_owned());
    Ok(Plan {
        files: vec![(path, text(job))],
        command,
        input: Input::Nothing,
        remedy: "run this on a login node of the cluster (on Debian and Ubuntu, `apt-get install \
                 slurm-client` installs it)",
        status: "squeue --job={id}".to_owned(),
    })
}

fn text(job: &Job) -> String {
    let directives: String = directives(job)
        .into_iter()
        .map(|(name, value)| match value {
            Some(value) => format!("#SBATCH --{name}={value}\n"),
            None => format!("#SBATCH --{name}\n"),
        })
        .collect();
    format!(
        "#!/bin/bash\n{directives}\
         # HPO_STORAGE is in the environment of sbatch, which Slurm hands on.\n\
         export HPO_WORKER=\"slurm-${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}@$(hostname)\"\n\
         exec {}\n",
        script::quoted(&job.command)
    )
}

/// Returns the options of the array, each with its value if it has one.
fn directives(job: &Job) -> Vec<(&'static str, Option<String>)> {
    let folder = job.folder.to_string_lossy();
    let mut options = vec![
        ("job-name", Some(job.name.clone())),
        ("array", Some(format!("1-{}", job.count))),
        ("ntasks", Some("1".to_owned())),
    ];
    options.extend(job.cpus.map(|cpus| ("cpus-per-task", Some(cpus.to_string()))));
    options.extend(job.gpus.map(|cards| ("gres", Some(format!("gpu:{cards}")))));
    options.extend(job.mebibytes().map(|memory| ("mem", Some(format!("{memory}M")))));
    if let Some(time) = job.time {
        let seconds = time.as_secs().max(60);
        let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds % 3600 / 60, seconds % 60);
        options.push(("time", Some(clock)));
        options.push(("signal", Some(format!("B:TERM@{NOTICE}"))));
    }
    options.push(("requeue", None));
    options.push(("open-mode", Some("append".to_owned())));
    options.push(("chdir", Some(value(&job.directory.to_string_lossy()))));
    options.push(("output", Some(value(&format!("{folder}/worker-%a.log")))));
    options
}

/// Quotes a value of a line of options if it has spaces.
fn value(text: &str) -> String {
    if text.contains(char::is_whitespace) { format!("\"{text}\"") } else { text.to_owned() }
}
