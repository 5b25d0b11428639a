//! Advice in words: the `Display` of [`Advice`].

use std::fmt;

use super::Advice;
use crate::numeric::format::significant;
use crate::terminal::one_line;

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&one_line(sentence(self)))
    }
}

/// Returns the sentence, with the names of the storage not yet escaped.
fn sentence(advice: &Advice) -> String {
    match advice {
        Advice::TooFew { complete, needed } => too_few(*complete, *needed),
        Advice::Widen { path, is_upper, at_edge, best, trials, range, attribute, over } => {
            let remedy = attribute_to_write(attribute.as_ref(), over.as_ref())
                .unwrap_or_else(|| format!("widen it to {range}"));
            at_the_edge(path, *is_upper, (*at_edge, *best, *trials)) + &remedy
        }
        Advice::GoOn { from, to, trials } => still_moves(*from, *to, *trials),
        Advice::Stop { best, trials } => stands_still(*best, *trials),
        Advice::Fix { path, share, shuffled, value, attribute, over } => {
            explains_little(path, *share, *shuffled)
                + &fixing(value.as_ref(), attribute_to_write(attribute.as_ref(), over.as_ref()))
        }
        Advice::Avoid { region, failed, ended, failed_elsewhere, ended_elsewhere, .. } => {
            fails(region, (*failed, *ended), (*failed_elsewhere, *ended_elsewhere))
        }
        Advice::Mistrust(estimate) => {
            format!(
                "the best value, {}, is probably a lucky one: {estimate}",
                significant(estimate.observed, 4)
            )
        }
        Advice::Duplicates { repeated, complete } => repeats(*repeated, *complete),
        Advice::PrunedMost { pruned, ended } => pruned_most(*pruned, *ended),
        Advice::PrunedNone { reported } => pruned_none(*reported),
    }
}

/// Returns the attribute to write and the field to write it on.
fn attribute_to_write(attribute: Option<&String>, over: Option<&String>) -> Option<String> {
    let over = over.map_or_else(String::new, |over| format!(" on {over}"));
    Some(format!("write `{}`{over}", attribute?))
}

fn too_few(complete: u64, needed: u64) -> String {
    let are = if complete == 1 { "is" } else { "are" };
    format!("most advice needs {needed} complete trials: there {are} {complete}")
}

fn at_the_edge(path: &str, is_upper: bool, (at_edge, best, trials): (u64, u64, u64)) -> String {
    let end = if is_upper { "upper" } else { "lower" };
    if best == trials {
        return format!(
            "{at_edge} of the best {best} trials have `{path}` at the {end} end of its range: "
        );
    }
    format!(
        "{at_edge} of {best} values of `{path}` in the best {trials} trials are at the {end} end \
         of the range: "
    )
}

fn still_moves(from: f64, to: f64, trials: u64) -> String {
    let (from, to) = (significant(from, 4), significant(to, 4));
    format!(
        "the best value still improved from {from} to {to} in the last {trials} trials: more \
         trials may help"
    )
}

fn stands_still(best: f64, trials: u64) -> String {
    let best = significant(best, 4);
    format!(
        "the best value, {best}, hardly improved in the last {trials} trials: more trials will not \
         help much"
    )
}

fn explains_little(path: &str, share: f64, shuffled: f64) -> String {
    let (share, shuffled) = (100.0 * share, 100.0 * shuffled);
    format!(
        "`{path}` has an importance of {share:.1} %, no more than chance (a shuffled copy reaches \
         {shuffled:.1} %): "
    )
}

fn fixing(value: Option<&String>, instruction: Option<String>) -> String {
    let fix = || value.map(|value| format!("fix it at {value}"));
    match instruction.or_else(fix) {
        // In the same study, trials with another value would be set aside.
        Some(remedy) => remedy + ", as in the best trial, for the next study",
        None => "it can be left out of the search".to_owned(),
    }
}

fn fails(region: &str, (failed, ended): (u64, u64), elsewhere: (u64, u64)) -> String {
    let elsewhere = format!("elsewhere {} of {}", elsewhere.0, elsewhere.1);
    format!(
        "{failed} of {ended} trials with {region} failed, {elsewhere}: exclude that region, or \
         find out why"
    )
}

fn repeats(repeated: u64, complete: u64) -> String {
    let had =
        format!("{repeated} of {complete} complete trials had the parameters of an earlier one");
    format!("{had}: the space is nearly exhausted, or the sampler has converged")
}

fn pruned_most(pruned: u64, ended: u64) -> String {
    format!(
        "{pruned} of {ended} trials were pruned: the pruner may be so strict that it stops good \
         trials"
    )
}

fn pruned_none(reported: u64) -> String {
    let none = format!("none of {reported} trials with several reports was pruned");
    format!("{none}: a pruner, or a stricter one, would save time")
}
