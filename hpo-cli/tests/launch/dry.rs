//! `--dry-run` shows exactly what would be written and run, without the password.

use super::{Place, worked};

const URL: &str = "postgresql://ann:s3cret@db/hpo";

fn shown(options: &str, command: &[&str]) -> String {
    let place = Place::new();
    let mut arguments = vec!["launch"];
    arguments.extend(options.split_whitespace());
    arguments.extend(["--name", "net", "--dir", "/shared/launches", "--dry-run", "--"]);
    arguments.extend(command);
    let text = worked(&place.command(&arguments).env("HPO_STORAGE", URL).output().unwrap());
    assert!(!text.contains("s3cret"), "{text}");
    assert!(!place.path("launches").exists());
    text.replace(&place.path("").display().to_string(), "/work/")
        .replace(place.folder.path().to_str().unwrap(), "/work")
        .replace(env!("CARGO_BIN_EXE_hpo"), "/bin/hpo")
}

#[test]
fn slurm_gets_an_array_that_is_requeued() {
    let options = "slurm -n 64 --cpus 2 --gpus 1 --mem 4GiB --time 4h --arg=--partition=gpu";
    let text =
        shown(options, &["hpo", "run", "--storage", URL, "--trials", "9", "--", "./a b", "{x}"]);
    let expected = "# /shared/launches/net/job.sh
#!/bin/bash
#SBATCH --job-name=net
#SBATCH --array=1-64
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=2
#SBATCH --gres=gpu:1
#SBATCH --mem=4096M
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@60
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --chdir=/work
#SBATCH --output=/shared/launches/net/worker-%a.log
# HPO_STORAGE is in the environment of sbatch, which Slurm hands on.
export HPO_WORKER=\"slurm-${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}@$(hostname)\"
exec /bin/hpo run --trials 9 -- './a b' '{x}'

# the command
sbatch --parsable --export=ALL --partition=gpu /shared/launches/net/job.sh
";
    assert_eq!(text, expected);
}

#[test]
fn hyperqueue_gets_a_task_array() {
    let options = "hq -n 8 --cpus 2 --gpus 0.5 --mem 1GiB --time 90s";
    let text = shown(options, &["hpo", "run", "--", "true"]);
    let expected = "# the command
hq submit --output-mode=quiet --stdin --name=net --array=1-8 --cpus=2 --resource=gpus/nvidia=0.5 \
--resource=mem=1024 --time-limit=90s --stdout=/shared/launches/net/worker-%{TASK_ID}.log \
--stderr=/shared/launches/net/worker-%{TASK_ID}.log -- sh -s

# its standard input
export HPO_WORKER=\"hq-${HQ_JOB_ID}_${HQ_TASK_ID}@$(hostname)\"
export HPO_STORAGE='postgresql://ann:***@db/hpo'
cd /work
/bin/hpo run -- true &
worker=$!
trap 'kill -TERM $worker' INT TERM
while [ ! -e /shared/launches/net/drain ]; do sleep 2; done && kill -INT $worker &
watch=$!
wait $worker; code=$?
while kill -0 $worker 2>/dev/null; do wait $worker; code=$?; done
kill $watch 2>/dev/null
exit $code
";
    assert_eq!(
        text.replace("'%{TASK_ID}'", "%{TASK_ID}").replace("'--", "--").replace(".log'", ".log"),
        expected
    );
}

#[test]
fn kubernetes_gets_a_secret_and_an_indexed_job() {
    let options =
        "k8s --image registry.example.org/net:1 -n 16 --cpus 2 --gpus 1 --mem 4GiB --time 1h";
    let text = shown(options, &["./net", "--fast"]);
    let (command, manifest) = text.split_once("\n\n# its standard input\n").unwrap();
    assert_eq!(command, "# the command\nkubectl apply -f -");
    let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
    assert_eq!(manifest["items"][0]["kind"], "Secret");
    let job = &manifest["items"][1];
    assert_eq!((&job["kind"], &job["spec"]["completionMode"]), (&"Job".into(), &"Indexed".into()));
    assert_eq!(job["spec"]["completions"], 16);
    assert_eq!(job["spec"]["activeDeadlineSeconds"], 3600);
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["command"], serde_json::json!(["./net", "--fast"]));
    assert_eq!(container["resources"]["limits"]["memory"], "4096Mi");
    assert_eq!(container["env"][0]["valueFrom"]["secretKeyRef"]["name"], "net");
}

/// Workers on other machines have none of the variables of this one.
#[test]
fn secrets_of_the_storage_go_to_other_machines_and_are_not_shown() {
    let place = Place::new();
    for (url, name, key) in [
        ("http://head:7000", "HPO_TOKEN", "token"),
        ("postgresql://ann@db/hpo", "PGPASSWORD", "password"),
    ] {
        let dry = |engine: &str| {
            let arguments = format!("launch {engine} -n 1 --name net --dry-run --storage {url} --");
            let mut arguments: Vec<&str> = arguments.split(' ').collect();
            arguments.extend(["hpo", "run", "--", "true"]);
            let mut command = place.command(&arguments);
            command.env("HPO_TOKEN", "s3cret").env("PGPASSWORD", "s3cret");
            let text = worked(&command.output().unwrap());
            assert!(!text.contains("s3cret"), "{text}");
            text
        };
        for engine in ["ssh --hosts a", "hq"] {
            let text = dry(engine);
            assert!(text.contains(&format!("export {name}='***'\n")), "{text}");
            assert_eq!(text.matches("***").count(), 1, "{text}");
        }
        let text = dry("k8s --image net");
        assert!(text.contains(&format!("\"{key}\": \"***\"")), "{text}");
        assert!(text.contains(&format!("\"name\": \"{name}\"")), "{text}");
    }
}

#[test]
fn processes_are_shown_with_their_names() {
    let text = shown("local -n 2", &["hpo", "run", "--", "true"]);
    assert!(text.starts_with("# worker 1\nHPO_WORKER=net-1@"), "{text}");
    assert!(text.contains("/bin/hpo run -- true > /shared/launches/net/worker-2.log\n"), "{text}");
    let text = shown("ssh --hosts a,ann@b -n 3", &["hpo", "run", "--", "true"]);
    assert!(
        text.contains("# worker 2\nssh -o BatchMode=yes -o ConnectTimeout=20 ann@b sh -s > "),
        "{text}"
    );
    assert!(
        text.contains("# worker 3\nssh -o BatchMode=yes -o ConnectTimeout=20 a sh -s > "),
        "{text}"
    );
    assert!(text.contains("exec /bin/hpo run -- true 2>&1 < /dev/null\nEND\n"), "{text}");
}
