//! Kubernetes: an indexed Job, and a Secret with the storage.

use std::collections::BTreeMap;

use anyhow::Result;
use serde_json::{Value as Json, json};

use super::job::Job;
use super::plan::{Input, Plan};
use super::storage::Variable;

/// The time between SIGTERM and SIGKILL, in seconds.
const GRACE: u32 = 60;

/// The number of times that a pod is started again after it has failed. Evictions and the loss of
/// its node do not count.
const RESTARTS: u32 = 5;

/// Returns the plan of a job.
///
/// # Errors
/// If the manifest cannot be formatted.
pub(crate) fn plan(job: &Job) -> Result<Plan> {
    let text = |variables: &[Variable]| -> Result<String> {
        Ok(serde_json::to_string_pretty(&manifest(job, variables))? + "\n")
    };
    let (shown, text) = (text(&job.storage.shown_variables())?, text(&job.storage.variables())?);
    let mut command: Vec<String> = ["kubectl", "apply"].map(str::to_owned).to_vec();
    command.extend(job.arguments.iter().cloned());
    command.extend(["-f", "-"].map(str::to_owned));
    Ok(Plan {
        files: Vec::new(),
        command,
        input: Input::Secret { text, shown },
        remedy: "install kubectl (https://kubernetes.io/docs/tasks/tools), or write the manifest \
                 with --dry-run and apply it elsewhere",
        status: format!("kubectl get pods --selector=job-name={}", job.name),
    })
}

/// Returns a list of the Secret and the Job.
fn manifest(job: &Job, variables: &[Variable]) -> Json {
    let data = variables.iter().map(|variable| (variable.key, variable.value.as_str()));
    let secret = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": job.name },
        "type": "Opaque",
        "stringData": data.collect::<BTreeMap<_, _>>(),
    });
    json!({ "apiVersion": "v1", "kind": "List", "items": [secret, indexed_job(job)] })
}

fn indexed_job(job: &Job) -> Json {
    let mut spec = json!({
        "completionMode": "Indexed",
        "completions": job.count,
        "parallelism": job.count,
        "backoffLimitPerIndex": RESTARTS,
        "podFailurePolicy": { "rules": [{
            "action": "Ignore",
            "onPodConditions": [{ "type": "DisruptionTarget", "status": "True" }],
        }] },
        "template": { "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": GRACE,
            "containers": [container(job)],
        } },
    });
    if let Some(time) = job.time {
        spec["activeDeadlineSeconds"] = json!(time.as_secs().max(1));
    }
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": { "name": job.name },
        "spec": spec,
    })
}

fn container(job: &Job) -> Json {
    let of_secret = |variable: Variable| {
        let key = json!({ "secretKeyRef": { "name": job.name, "key": variable.key } });
        json!({ "name": variable.name, "valueFrom": key })
    };
    let mut environment: Vec<Json> =
        job.storage.shown_variables().into_iter().map(of_secret).collect();
    let pod = json!({ "fieldRef": { "fieldPath": "metadata.name" } });
    environment.push(json!({ "name": "HPO_WORKER", "valueFrom": pod }));
    let mut resources = serde_json::Map::new();
    resources.extend(job.cpus.map(|cpus| ("cpu".to_owned(), json!(cpus.to_string()))));
    resources
        .extend(job.mebibytes().map(|memory| ("memory".to_owned(), json!(format!("{memory}Mi")))));
    resources.extend(job.gpus.map(|cards| ("nvidia.com/gpu".to_owned(), json!(cards.to_string()))));
    json!({
        "name": "worker",
        "image": job.image,
        "command": job.command,
        "env": environment,
        "resources": { "requests": resources, "limits": resources },
    })
}
