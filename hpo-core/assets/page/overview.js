// The overview of a study: facts, states, running trials, the best config and advice.

const STATES = ["complete", "pruned", "failed", "running", "waiting", "paused"];

const factList = (facts, parent) => {
  const list = make("dl", undefined, parent);
  list.className = "facts";
  for (const [name, fact] of facts) {
    const item = make("div", undefined, list);
    make("dt", name, item);
    make("dd", fact, item);
  }
};

/** Shows the trials by state as a bar. */
const stateBar = (counts, parent) => {
  const bar = make("div", undefined, parent);
  bar.className = "states";
  const known = STATES.filter((state) => counts[state] > 0);
  bar.role = "img";
  bar.ariaLabel = known.map((state) => `${counts[state]} ${state}`).join(", ");
  bar.title = bar.ariaLabel;
  for (const state of known) {
    const part = make("span", undefined, bar);
    part.className = state;
    part.style.flexGrow = counts[state];
  }
};

/** Shows the trials that run now, with their curves. */
const showRunning = (running, all) => renewed(byId("running"), () => makeRunning(byId("running"), running, all));

const makeRunning = (place, running, all) => {
  place.replaceChildren();
  if (all === 0) return;
  const section = make("section", undefined, place);
  make("h2", `Running: ${all} ${all === 1 ? "trial" : "trials"}`, section);
  const scroll = make("div", undefined, section);
  scroll.className = "scroll";
  const table = make("table", undefined, scroll);
  const head = make("tr", undefined, make("thead", undefined, table));
  for (const name of ["trial", "for", "last report", "curve", "config"]) make("th", name, head);
  const body = make("tbody", undefined, table);
  for (const trial of running) {
    const line = make("tr", undefined, body);
    make("a", String(trial.number), make("td", undefined, line)).href = "#trial-" + trial.number;
    make("td", trial.seconds === null ? "" : duration(trial.seconds), line).className = "number";
    const last = trial.reports.at(-1);
    make("td", last ? `${shown(last[1])} at step ${last[0]}` : "", line);
    sparkline(trial.reports.map((report) => report[1]), make("td", undefined, line), "curve of the trial");
    const config = Object.entries(trial.params).map(([name, value]) => `${name} = ${shown(value)}`).join(", ");
    const cell = make("td", config, line);
    cell.title = config;
    cell.className = "wide";
  }
  if (all > running.length) make("p", `and ${all - running.length} more`, section).className = "note";
};

/** Shows the best config, as the page for a file does. */
const bestSection = (best, parent) => {
  if (!best) return;
  const section = make("section", undefined, parent);
  section.className = "best";
  make("h2", `Best config: trial ${best.number}, ${best.metric} ${best.value}`, section);
  if (best.expectation) make("p", best.expectation + ".", section).className = "expectation";
  const place = make("div", undefined, section);
  place.className = "params";
  const list = make("dl", undefined, place);
  for (const [name, value] of Object.entries(best.params)) {
    const item = make("div", undefined, list);
    make("dt", name, item);
    make("dd", shown(value), item);
  }
};

const adviceSection = (advice, parent) => {
  if (advice.length === 0) return;
  const section = make("section", undefined, parent);
  section.className = "advice";
  make("h2", "What to do next", section);
  const list = make("ul", undefined, section);
  for (const line of advice) make("li", line, list);
};

/** Shows the best config as JSON and as Rust code. */
const configSection = (best, parent) => {
  if (!best) {
    make("p", "There is no single best config.", parent).className = "note";
    return;
  }
  const section = make("section", undefined, parent);
  make("h2", "The config of trial " + best.number, section);
  const side = make("div", undefined, section);
  side.className = "side";
  for (const [name, text] of [["as JSON", best.json], ["as Rust", best.rust]]) {
    if (!text) continue;
    const details = make("details", undefined, make("div", undefined, side));
    details.open = true;
    make("summary", name, details);
    const button = makeButton("copy", details, () => copyText(text, button));
    button.classList.add("corner");
    make("pre", text, details);
  }
};

let textsShown = "";

/** Shows what is said about a study in words, if it is not shown already. */
const showTexts = ({ advice, best }) => {
  const texts = JSON.stringify([advice, best]);
  if (texts === textsShown) return;
  textsShown = texts;
  byId("studies").replaceChildren();
  bestSection(best, byId("studies"));
  adviceSection(advice, byId("studies"));
  byId("configs").replaceChildren();
  configSection(best, byId("configs"));
};

/** Hides panels that have nothing to show. */
const setPanels = (present) => {
  for (const panel of document.querySelectorAll("main > .panel")) {
    if (present.includes(panel.id)) delete panel.dataset.absent; else panel.dataset.absent = "1";
    if (openedTab() === "all") panel.hidden = Boolean(panel.dataset.absent);
  }
  showTabs();
};
