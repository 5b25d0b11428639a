//! The answer of a program to `--hpo-space`: its space and its objectives.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use hpo_core::space::Space;
use hpo_core::trial::Direction;
use hpo_core::worker::SPACE_ARGUMENT;
use serde_json::Value as Json;

use super::lines::Lines;
use super::process::{Ended, ProcessEvent, Shim, Shims, Signal, Start};

/// The space and the objectives of a program.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) space: Space,
    pub(crate) objectives: Vec<(String, Direction)>,
}

/// The time that a program has for its answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The number of other lines that a program may print before its answer.
const MOST_LINES: u32 = 20;

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
    let line = answer(&asked, shims).with_context(remedy)?;
    let answer: Json = serde_json::from_str(&line).ok().with_context(remedy)?;
    let (Some(version), Some(space)) = (answer["hpo-space"].as_u64(), answer["space"].as_str())
    else {
        bail!(remedy());
    };
    ensure!(version == 1, "the program speaks version {version} of the protocol, and this is 1");
    let objectives = answer["objectives"].as_array().cloned().unwrap_or_default();
    let objectives = objectives.iter().map(objective).collect::<Option<_>>();
    Ok(Declared { space: Space::from_json(space)?, objectives: objectives.with_context(remedy)? })
}

fn objective(json: &Json) -> Option<(String, Direction)> {
    let direction = match json["direction"].as_str()? {
        "minimize" => Direction::Minimize,
        "maximize" => Direction::Maximize,
        _ => return None,
    };
    Some((json["name"].as_str()?.to_owned(), direction))
}

/// Returns the line with which a program answers, and ends the program. One that prints other lines
/// does not know the question, and may have begun its work.
fn answer(words: &[String], shims: &Shims) -> Result<String> {
    let mut shim = shims.start()?;
    let stderr = "/dev/null".into();
    let line = shim
        .start(Start { words: words.to_vec(), stderr, ..Start::default() })
        .map_err(anyhow::Error::from)
        .and_then(|()| read_line(&mut shim));
    shims.stop(shim);
    line
}

/// Waits for the answer of a program, or for its end.
fn read_line(shim: &mut Shim) -> Result<String> {
    let (began, mut lines, mut seen) = (Instant::now(), Lines::default(), Seen::default());
    let mut is_killed = false;
    loop {
        for event in shim.events(Duration::from_millis(100)) {
            match event {
                ProcessEvent::Output(bytes) => lines.push(&bytes, |line| seen.add(line)),
                ProcessEvent::Started => {}
                ProcessEvent::Refused(reason) => bail!(reason),
                ProcessEvent::Ended(ended) => {
                    lines.finish(|line| seen.add(line));
                    return seen.settled(&ended, began.elapsed());
                }
                ProcessEvent::ShimLost => bail!("the process that watched it was killed"),
            }
        }
        let is_over = seen.is_enough() || began.elapsed() > PATIENCE;
        if is_over && !is_killed {
            is_killed = true;
            shim.signal(Signal::Kill);
        }
    }
}

/// The lines that a program has printed so far.
#[derive(Debug, Default)]
struct Seen {
    answer: Option<String>,
    others: u32,
}

impl Seen {
    fn add(&mut self, line: &str) {
        let is_answer = line.contains("\"hpo-space\"");
        self.others += u32::from(!is_answer);
        if is_answer && self.answer.is_none() {
            self.answer = Some(line.to_owned());
        }
    }

    fn is_enough(&self) -> bool {
        self.answer.is_some() || self.others > MOST_LINES
    }

    fn settled(self, ended: &Ended, elapsed: Duration) -> Result<String> {
        let Self { answer, others } = self;
        match answer {
            Some(line) => Ok(line),
            None if others > MOST_LINES || others > 0 && ended.code == Some(0) => {
                let plural = if others == 1 { "" } else { "s" };
                bail!("it printed {others} other line{plural} instead of its space")
            }
            None if elapsed > PATIENCE => bail!("it did not end within {} s", PATIENCE.as_secs()),
            None if ended.code == Some(0) => bail!("it printed nothing"),
            None => bail!("it ended with exit code {}", ended.code.unwrap_or(-1)),
        }
    }
}
