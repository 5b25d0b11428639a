// The list of studies, which follows their changes.

const list = { studies: [], find: "", sort: "changed", descending: true, chosen: new Set(), isOn: false, failed: false };

const startStudies = () => {
  startPage();
  const main = byId("list");
  const tools = make("div", undefined, main);
  tools.className = "tools";
  const find = make("input", undefined, tools);
  Object.assign(find, { type: "search", placeholder: "filter by name", ariaLabel: "filter by name", id: "find" });
  find.addEventListener("input", () => { list.find = find.value; showStudies(); });
  const compare = makeButton("Compare", tools, () => {
    location.href = "/compare?" + [...list.chosen].map((name) => "study=" + encodeURIComponent(name)).join("&");
  });
  compare.id = "compare";
  make("div", undefined, main).id = "rows";
  make("p", undefined, main).append(Object.assign(make("a", "The interface for programs"), { href: "/openapi.json" }));
  showStudies();
  setInterval(() => { for (const cell of document.querySelectorAll("td[data-at]")) cell.textContent = ago(cell.dataset.at); }, 10000);
  follow("/api/v1/events", loadStudies, (isOn, why) => { list.isOn = isOn; showConnection(isOn, why); });
};

let isLoading = false, isWanted = false;
const loadStudies = async () => {
  isWanted = true;
  if (isLoading) return;
  isLoading = true;
  try {
    while (isWanted) {
      isWanted = false;
      list.studies = await call("/api/v1/studies");
      root.dataset.ready ??= Math.round(performance.now());
      showStudies();
      if (list.failed) showConnection(list.isOn);
      list.failed = false;
      await later(500);
    }
  } catch (error) {
    list.failed = true;
    showConnection(false, error.message);
    clearTimeout(list.timer);
    list.timer = setTimeout(loadStudies, 3000);
  } finally { isLoading = false; }
};

const COLUMNS = [
  ["study", "name", (study) => study.name],
  ["running", "running", (study) => study.trials.running],
  ["trials", "trials", (study) => study.trials.all],
  ["best", "best", (study) => typeof study.best === "number" ? study.best : null],
  ["best so far", "history", null],
  ["last change", "changed", (study) => study.changed],
];

const sorted = () => {
  const wanted = list.find.trim().toLowerCase();
  const by = COLUMNS.find(([, id]) => id === list.sort)[2];
  const sign = list.descending ? -1 : 1;
  return list.studies.filter((study) => study.name.toLowerCase().includes(wanted)).sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    if (x === null || y === null) return (x === null) - (y === null);
    return (typeof x === "string" ? x.localeCompare(y) : x - y) * sign;
  });
};

const showStudies = () => renewed(byId("rows"), () => makeStudies(byId("rows")));

const makeStudies = (place) => {
  byId("compare").disabled = list.chosen.size < 2;
  place.replaceChildren();
  if (list.studies.length === 0) {
    make("p", root.dataset.ready ? "There are no studies yet." : "", place).className = "note";
    return;
  }
  const section = make("section", undefined, place);
  section.className = "scroll";
  const table = make("table", undefined, section);
  table.className = "studies";
  const head = make("tr", undefined, make("thead", undefined, table));
  make("th", undefined, head);
  for (const [title, id, by] of COLUMNS) {
    const cell = make("th", by ? undefined : title, head);
    cell.className = id;
    if (!by) continue;
    const isSorted = id === list.sort;
    if (isSorted) cell.ariaSort = list.descending ? "descending" : "ascending";
    makeButton(title + (isSorted ? (list.descending ? " ↓" : " ↑") : ""), cell, () => {
      Object.assign(list, { descending: isSorted ? !list.descending : id !== "name", sort: id });
      showStudies();
    });
  }
  const body = make("tbody", undefined, table);
  for (const study of sorted()) showStudyRow(study, make("tr", undefined, body));
};

const showStudyRow = (study, line) => {
  const name = study.name || "(without a name)";
  const box = make("input", undefined, make("td", undefined, line));
  Object.assign(box, { type: "checkbox", checked: list.chosen.has(study.name), ariaLabel: "compare " + name });
  box.addEventListener("change", () => {
    if (box.checked) list.chosen.add(study.name); else list.chosen.delete(study.name);
    byId("compare").disabled = list.chosen.size < 2;
  });
  const first = make("td", undefined, line);
  first.className = "name";
  make("a", name, first).href = "/studies/" + encodeURIComponent(study.name);
  make("div", study.directions.join(", "), first).className = "note";
  const running = study.trials.running;
  const state = make("td", running > 0 ? running + " running" : "", line);
  state.className = running > 0 ? "running on" : "running";
  const trials = make("td", undefined, line);
  trials.className = "trials";
  make("span", study.trials.all.toLocaleString("en"), trials);
  stateBar(study.trials, trials);
  make("td", bestText(study), line).className = "best number";
  const history = make("td", undefined, line);
  history.className = "history";
  sparkline(study.history, history, "best value so far");
  const changed = make("td", study.changed ? ago(study.changed) : "", line);
  changed.className = "changed";
  if (!study.changed) return;
  changed.dataset.at = study.changed;
  changed.title = new Date(study.changed).toLocaleString();
};

const bestText = (study) => {
  if (study.best === null) return "–";
  return Array.isArray(study.best) ? `${study.best.length} on the front` : shown(study.best);
};

const ago = (at) => {
  const seconds = (Date.now() - Date.parse(at)) / 1000;
  return seconds < 5 ? "now" : duration(seconds) + " ago";
};
