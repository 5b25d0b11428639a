//! HyperQueue: a task array. A task whose worker is stopped is started again on another one.

use super::job::Job;
use super::plan::{Input, Plan};
use super::record;
use super::script;
use super::storage::Variable;

/// Returns the plan of a job.
pub(crate) fn plan(job: &Job) -> Plan {
    let shown = text(job, &job.storage.shown_variables());
    let text = text(job, &job.storage.variables());
    Plan {
        files: Vec::new(),
        command: command(job),
        input: Input::Secret { text, shown },
        remedy: "put the program `hq` of HyperQueue in PATH \
                 (https://it4innovations.github.io/hyperqueue), then start a server and workers: \
                 `hq server start`, `hq worker start`",
        status: "hq job info {id}".to_owned(),
    }
}

fn command(job: &Job) -> Vec<String> {
    let log = job.folder.join("worker-%{TASK_ID}.log").to_string_lossy().into_owned();
    let mut words: Vec<String> =
        ["hq", "submit", "--output-mode=quiet", "--stdin"].map(str::to_owned).to_vec();
    words.push(format!("--name={}", job.name));
    words.push(format!("--array=1-{}", job.count));
    words.extend(job.cpus.map(|cpus| format!("--cpus={cpus}")));
    words.extend(job.gpus.map(|cards| format!("--resource=gpus/nvidia={cards}")));
    words.extend(job.mebibytes().map(|memory| format!("--resource=mem={memory}")));
    if let Some(time) = job.time {
        words.push(format!("--time-limit={}s", time.as_secs().max(1)));
    }
    words.push(format!("--stdout={log}"));
    words.push(format!("--stderr={log}"));
    words.extend(job.arguments.iter().cloned());
    words.extend(["--", "sh", "-s"].map(str::to_owned));
    words
}

/// Returns the script of a task. HyperQueue ends a task with SIGINT, and kills it a second later.
/// To `hpo run`, SIGINT means to finish the trial, so the script sends SIGTERM on. Beside the
/// worker, it watches for the file that `hpo launch drain` makes. A signal ends a `wait` before its
/// worker has ended, so it waits again; the first `wait` gets the code of one that ends at once.
fn text(job: &Job, variables: &[Variable]) -> String {
    let drain = script::quote(&record::drain_file(&job.folder).to_string_lossy());
    format!(
        "{}{} &\n\
         worker=$!\n\
         trap 'kill -TERM $worker' INT TERM\n\
         while [ ! -e {drain} ]; do sleep 2; done && kill -INT $worker &\n\
         watch=$!\n\
         wait $worker; code=$?\n\
         while kill -0 $worker 2>/dev/null; do wait $worker; code=$?; done\n\
         kill $watch 2>/dev/null\n\
         exit $code\n",
        script::head(job, "hq-${HQ_JOB_ID}_${HQ_TASK_ID}@$(hostname)", variables),
        script::quoted(&job.command)
    )
}
