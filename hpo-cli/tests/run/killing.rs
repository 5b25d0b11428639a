//! Kills at random moments: no process is left, no recorded result is lost, no trial runs twice
//! after its end, and the search ends as if nothing had happened.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Place, kill};

/// The number of kills; `HPO_KILLS=200` for the long form, as in `scripts/run_kills.sh`.
fn kills() -> u64 {
    std::env::var("HPO_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(20)
}

/// Notes its start and its end, and has a child in another session.
const SCRIPT: &str = "setsid sleep 60 & echo $HPO_TRIAL >> started
sleep 0.$(($HPO_x % 10)); echo $HPO_TRIAL >> ended; echo loss=$HPO_x";

#[test]
fn a_search_survives_kills_at_random_moments() {
    let place = Place::new();
    place.script("a.sh", SCRIPT);
    let mut random = 0x9e37_79b9_u64;
    let mut draw = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % below
    };
    let (mut recorded, mut trials) = (BTreeMap::new(), 4);
    for round in 0..kills() {
        let mut child =
            place.start(&format!("--trials {trials} --workers 2 --keep 3"), &["./a.sh"]);
        std::thread::sleep(Duration::from_millis(20 + draw(900)));
        if draw(2) == 0 {
            // A shim, a program, a child of one, or the driver.
            let victims = place.left();
            if let Some(victim) = victims.get(draw(victims.len().max(1) as u64) as usize) {
                kill(*victim);
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        place.expect_none_left();
        // A kill may come before there is a study.
        if place.command(&["trials", "runs/studies.db"]).output().unwrap().status.success() {
            check(&place, &mut recorded, round);
        } else {
            assert!(recorded.is_empty(), "the study is gone after kill {round}");
        }
        trials += 1;
    }
    place.works(&format!("--trials {trials} --workers 2"), &["./a.sh"]);
    check(&place, &mut recorded, kills());
    let all = place.trials();
    assert_eq!(all.len() as u64, trials);
    let is_over = |state: &str| ["complete", "failed"].contains(&state);
    assert!(all.iter().all(|trial| is_over(trial["state"].as_str().unwrap())), "{all:?}");
    place.expect_none_left();
}

/// Checks that what was recorded is still there, and that no recorded trial has started again.
fn check(place: &Place, recorded: &mut BTreeMap<u64, (String, usize)>, kill: u64) {
    let started = place.read("started");
    for trial in place.trials() {
        let number = trial["trial"].as_u64().unwrap();
        let end = format!("{} {} {}", trial["state"], trial["value"], trial["message"]);
        let starts = started.lines().filter(|line| *line == number.to_string()).count();
        if let Some(known) = recorded.get(&number) {
            assert_eq!(known, &(end, starts), "trial {number} after kill {kill}");
        } else if ["complete", "failed"].contains(&trial["state"].as_str().unwrap()) {
            recorded.insert(number, (end, starts));
        }
    }
}
