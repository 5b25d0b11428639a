// The page of one study, which follows its changes.

const startStudy = () => {
  const name = decodeURIComponent(location.pathname.slice("/studies/".length));
  const path = "/api/v1/studies/" + encodeURIComponent(name);
  recall("hpo:" + location.pathname);
  document.title = name;
  byId("title").textContent = name || "(without a name)";
  const live = { name, path, known: 0, table: -1, isTableOld: false, figures: new Map(), texts: -1, busy: false, again: false, pauseEnd: 0, failed: false, isOn: false, isFirst: true, showNote: null };
  page.trial = (number, body, bar) => showWholeTrial(live, number, body, bar);
  page.opened = () => refresh(live);
  loadPlotly();
  startPage();
  noteChange(live);
  follow("/api/v1/events?study=" + encodeURIComponent(name), () => noteChange(live), (isOn, why) => { live.isOn = isOn; showConnection(isOn, why); });
};

/** Notes that the study has changed, so that it is loaded again soon. */
const noteChange = (live) => {
  live.again = true;
  soon(live);
};

/** Refreshes when the pause after the last refresh has ended. */
const soon = (live) => {
  if (live.pending) return;
  live.pending = setTimeout(() => {
    live.pending = null;
    // A refresh that is under way looks for changes at its end.
    if (!live.busy) refresh(live);
  }, Math.max(0, live.pauseEnd - performance.now()));
};

/** Brings what is visible up to date; one refresh at a time, and another one if something changed meanwhile. */
const refresh = async (live) => {
  live.wanted = true;
  if (live.busy) return;
  live.busy = true;
  try {
    while (live.wanted) {
      const begin = performance.now();
      const needsOverview = live.again;
      Object.assign(live, { wanted: false, again: false });
      if (needsOverview) showOverview(live, await call(live.path + "/overview"));
      await loadOpen(live);
      root.dataset.changes = live.known;
      live.pauseEnd = performance.now() + Math.max(500, 3 * (performance.now() - begin));
    }
    if (live.failed) showConnection(live.isOn);
    live.failed = false;
  } catch (error) {
    failRefresh(live, error);
  } finally {
    live.busy = false;
    if (live.again) soon(live);
  }
};

/** Says that a refresh failed, and lets another one follow, unless there is no such study. */
const failRefresh = (live, error) => {
  live.failed = true;
  showConnection(false, error.message);
  if (error.status === 404) return;
  live.again = true;
  live.pauseEnd = performance.now() + 3000;
};

/** Loads what the open tab shows, the table first. If another tab is opened meanwhile, the next round loads that one. */
const loadOpen = async (live) => {
  const tab = openedTab();
  const isOpen = (id) => tab === id || tab === "all";
  await loadTable(live);
  if (live.isTableOld && isOpen("trials")) {
    live.isTableOld = false;
    showTable();
  }
  for (const kind of kindsOf(tab)) {
    if (openedTab() !== tab) return;
    await loadFigures(live, kind);
  }
  if (isOpen("overview") || isOpen("config")) await loadTexts(live);
};

const kindsOf = (tab) => {
  const open = [...document.querySelectorAll(".panel")].filter((panel) => !panel.hidden && !panel.dataset.absent);
  const kinds = open.flatMap((panel) => panel.dataset.kinds.split(" ")).filter(Boolean);
  return tab === "overview" || tab === "all" ? [...new Set([...GLANCE, ...kinds])] : kinds;
};

const showOverview = (live, overview) => {
  live.known = overview.changes;
  live.metrics = overview.metrics;
  setPanels(overview.panels);
  byId("facts").replaceChildren();
  factList(overview.facts, byId("facts"));
  stateBar(overview.trials, byId("facts"));
  showRunning(overview.running, overview.trials.running);
  if (live.isFirst) startActions(live);
  showForm(live, overview.space);
  live.showNote(String(overview.attributes.note ?? ""));
  if (!live.isFirst) return;
  live.isFirst = false;
  startTabs();
  root.dataset.ready = Math.round(performance.now());
};

const startActions = (live) => {
  const place = byId("act");
  live.showNote = noteSection(live.path, place);
  live.form = make("div", undefined, place);
  const link = make("section", undefined, place);
  make("h2", "Save the report", link);
  const button = makeButton("Save as one page", link, () => saveReport(live, button, problem));
  make("p", "A page of about 2 MB that needs no server and no network.", link).className = "note";
  const problem = makeProblem(link);
  removeSection(live.path, live.name, place);
};

/** Makes the form for the queue, and makes it anew when the space has changed. */
const showForm = (live, space) => {
  const text = JSON.stringify(space);
  if (text === live.formOf) return;
  live.formOf = text;
  live.form.replaceChildren();
  live.fill = enqueueSection(live.path, space, live.form);
};

const saveReport = async (live, button, problem) => {
  button.disabled = true;
  showProblem(problem, null);
  try {
    const response = await send("/studies/" + encodeURIComponent(live.name) + "/report");
    if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})));
    const link = make("a");
    link.href = URL.createObjectURL(await response.blob());
    link.download = "report.html";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  } catch (error) { showProblem(problem, error); } finally { button.disabled = false; }
};

/** Loads the figures of a kind if they may have changed. The server may answer with those of a moment ago. */
const loadFigures = async (live, kind) => {
  if (live.figures.get(kind) === live.known) return;
  loadPlotly();
  const answer = await call(live.path + "/figures/" + kind);
  live.figures.set(kind, answer.changes);
  if (answer.changes < live.known) askAgain(live);
  const figures = figuresOf(answer.figures, decoded(answer.lists)).map((figure) => ({ ...figure, kind }));
  updateCards(figures, kind, placeOf(kind), "figure-");
  if (GLANCE.includes(kind)) updateCards(figures.filter((figure) => figure.name === kind).map(firstPanel), kind, byId("glance"), "glance-");
  drawVisible();
};

const askAgain = (live) => {
  clearTimeout(live.timer);
  live.timer = setTimeout(() => refresh(live), 1000);
};

/** Brings the cards of a kind up to date. They stand in the order of their kinds. */
const updateCards = (figures, kind, place, prefix) => {
  const own = page.cards.filter((card) => card.figure.kind === kind && card.section.id.startsWith(prefix));
  removeCards(own.filter((card) => !figures.some((figure) => figure.name === card.figure.name)));
  for (const figure of figures) {
    const card = own.find((card) => card.figure.name === figure.name);
    if (card) { setFigure(card, figure); continue; }
    const made = makeCard(figure, place, false, prefix);
    place.insertBefore(made.section, afterKind(place, kind));
    addCards([made]);
  }
};

/** Returns the first section of a later kind. */
const afterKind = (place, kind) => {
  const panel = place.closest(".panel");
  const kinds = panel.dataset.kinds ? panel.dataset.kinds.split(" ") : GLANCE;
  const at = (section) => kinds.indexOf(page.cards.find((card) => card.section === section)?.figure.kind ?? kind);
  return [...place.children].find((section) => at(section) > kinds.indexOf(kind)) || null;
};

/** Loads the trials that have changed since the last time. */
const loadTable = async (live) => {
  if (live.table === live.known) return;
  const answer = await call(live.path + "/table?since=" + Math.max(0, live.table));
  const isNew = live.table < 0 || live.space !== answer.space;
  if (isNew && live.table >= 0) {
    Object.assign(live, { table: -1, space: answer.space });
    return loadTable(live);
  }
  const changed = columnsOf(answer.columns, []);
  page.columns = isNew ? changed : merged(page.columns, changed);
  page.of = page.columns[0].of.length;
  Object.assign(live, { table: answer.changes, space: answer.space });
  page.filters = filtersFrom(answer.filters, page.columns);
  live.isTableOld = true;
  showNewFilters(live);
  if (isFiltered()) redraw();
};

/** Shows the filters if their options have changed. */
const showNewFilters = (live) => {
  const options = JSON.stringify(page.filters.map((filter) => [filter.name, optionsOf(filter)]));
  if (options === live.filters) return;
  live.filters = options;
  showFilters(null);
};

/** Loads the advice and the best config, at most every two seconds, since they take long to compute. */
const loadTexts = async (live) => {
  if (live.texts === live.known || performance.now() - (live.textsAt ?? -Infinity) < 2000) {
    if (live.texts !== live.known) askAgain(live);
    return;
  }
  const answer = await call(live.path + "/advice");
  Object.assign(live, { texts: answer.changes, textsAt: performance.now() });
  showTexts(answer);
  if (answer.changes < live.known) askAgain(live);
};

/** Shows all that is known about a trial. */
const showWholeTrial = async (live, number, body, bar) => {
  let trial;
  try { trial = await call(live.path + "/trials/" + number); } catch (error) {
    make("p", error.message, body).className = "problem";
    return;
  }
  const time = (at) => new Date(at).toLocaleString();
  const facts = [["state", trial.state], ...trial.values.map((value, index) => [live.metrics?.[index] ?? (trial.values.length > 1 ? "value " + index : "value"), shown(value)])];
  if (trial.started) facts.push(["started", time(trial.started)]);
  if (trial.finished) facts.push(["finished", time(trial.finished)]);
  if (trial.seconds !== null) facts.push(["duration", duration(trial.seconds)]);
  if (trial.message) facts.push(["message", trial.message]);
  facts.push(["chosen by", trial.explanation]);
  showPairs(facts, body);
  showCurve(trial.reports, body);
  const parts = [["Config", trial.params], ["Constraints", trial.constraints], ["Attributes", trial.attributes ?? {}]];
  for (const [title, pairs] of parts) showPart(title, pairs, body);
  const again = makeButton("queue again", bar, () => { trialShown.close(); live.fill(trial.params); openPanel("actions"); setAddress("actions"); });
  bar.insertBefore(again, bar.lastChild.previousSibling);
};

const showPart = (title, pairs, body) => {
  const entries = Object.entries(pairs);
  if (entries.length === 0) return;
  make("h3", title, body);
  showPairs(entries.map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : shown(value)]), body);
};

const showCurve = async (reports, body) => {
  if (reports.length === 0) return;
  make("h3", "Reports", body);
  const plot = make("div", undefined, body);
  plot.className = "curve";
  await loadPlotly();
  if (!plot.isConnected || typeof Plotly === "undefined") return;
  const [text, line] = [color("--text"), color("--line")];
  const axis = (title) => ({ title: { text: title }, gridcolor: line, zeroline: false });
  Plotly.newPlot(plot, [{ x: reports.map((one) => one[0]), y: reports.map((one) => one[1]), mode: reports.length > 60 ? "lines" : "lines+markers", line: { color: color("--mark") } }],
    { height: 220, margin: { l: 60, r: 10, t: 10, b: 40 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: text, size: 12 }, xaxis: axis("step"), yaxis: axis("value") },
    { ...CONFIG, displayModeBar: false });
};
