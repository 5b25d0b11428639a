//! The answer of a program to `--hpo-space`: its space and its objectives.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use hpo_core::space::Space;
use hpo_core::trial::Direction;
use hpo_core::worker::SPACE_ARGUMENT;
use serde_json::Value as Json;

use super::lines::Lines;
use super::process::{ProcessEvent, Shims, Signal, Start};

/// The space and the objectives of a program.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) space: Space,
    pub(crate) objectives: Vec<(String, Direction)>,
}

/// The time that a program has for its answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks a program for its space: runs it with `--hpo-space`.
///
/// # Errors
/// If it does not print one.
pub(crate) fn ask(words: &[String], shims: &Shims) -> Result<Declared> {
    let asked = [words, &[SPACE_ARGUMENT.to_owned()]].concat();
    let remedy = || {
        format!(
            "say what to tune, with --param 'lr=1e-5..1e-1 log' or --space FILE (`{}` printed no \
             space)",
            asked.join(" ")
        )
    };
    for line in output(&asked, shims).with_context(remedy)? {
        let Ok(answer) = serde_json::from_str::<Json>(&line) else { continue };
        let (Some(version), Some(space)) = (answer["hpo-space"].as_u64(), answer["space"].as_str())
        else {
            continue;
        };
        ensure!(
            version == 1,
            "the program speaks version {version} of the protocol, and this is 1"
        );
        let objectives = answer["objectives"].as_array().cloned().unwrap_or_default();
        let objectives = objectives.iter().map(objective).collect::<Option<_>>();
        return Ok(Declared {
            space: Space::from_json(space)?,
            objectives: objectives.with_context(remedy)?,
        });
    }
    bail!(remedy())
}

fn objective(json: &Json) -> Option<(String, Direction)> {
    let direction = match json["direction"].as_str()? {
        "minimize" => Direction::Minimize,
        "maximize" => Direction::Maximize,
        _ => return None,
    };
    Some((json["name"].as_str()?.to_owned(), direction))
}

/// Returns the lines that a program prints, if it ends in time and without an error.
fn output(words: &[String], shims: &Shims) -> Result<Vec<String>> {
    let mut shim = shims.start()?;
    let stderr = "/dev/null".into();
    let start = Start { words: words.to_vec(), variables: BTreeMap::new(), stderr, data: None };
    shim.start(start)?;
    let (began, mut lines, mut read) = (Instant::now(), Lines::default(), Vec::new());
    let ended = 'ended: loop {
        for event in shim.events(Duration::from_millis(100)) {
            match event {
                ProcessEvent::Output(bytes) => {
                    lines.push(&bytes, |line| read.push(line.to_owned()));
                }
                ProcessEvent::Started => {}
                ProcessEvent::Refused(reason) => bail!(reason),
                ProcessEvent::Ended(ended) => break 'ended ended,
                ProcessEvent::ShimLost => bail!("the process that watched it was killed"),
            }
        }
        if began.elapsed() > PATIENCE {
            shim.signal(Signal::Kill);
        }
    };
    shims.stop(shim);
    lines.finish(|line| read.push(line.to_owned()));
    match (ended.code, began.elapsed() > PATIENCE) {
        (_, true) => bail!("it did not end within {} s", PATIENCE.as_secs()),
        (Some(0), false) => Ok(read),
        (code, false) => bail!("it ended with exit code {}", code.unwrap_or(-1)),
    }
}
