// The page of one study, which follows its changes.

const startStudy = () => {
  const name = decodeURIComponent(location.pathname.slice("/studies/".length));
  const path = "/api/v1/studies/" + encodeURIComponent(name);
  recall("hpo:" + location.pathname);
  document.title = name;
  byId("title").textContent = name || "(without a name)";
  const live = { name, path, known: 0, table: -1, figures: new Map(), texts: -1, busy: false, again: false, isFirst: true, showNote: null };
  page.trial = (number, body, bar) => showWholeTrial(live, number, body, bar);
  page.opened = () => refresh(live);
  loadPlotly();
  startPage();
  call(path + "/overview").then((overview) => {
    showOverview(live, overview);
    startTabs();
    root.dataset.ready = Math.round(performance.now());
    follow("/api/v1/events?study=" + encodeURIComponent(name), () => refresh(live, true), showConnection);
  }, (error) => { showConnection(false, error.message); });
};

/** Brings what is visible up to date; one refresh at a time, and another one if something changed meanwhile. */
const refresh = async (live, hasChanged = false) => {
  live.again ||= hasChanged;
  live.wanted = true;
  if (live.busy) return;
  live.busy = true;
  try {
    while (live.wanted || live.again) {
      const needsOverview = live.again;
      Object.assign(live, { wanted: false, again: false });
      if (needsOverview) showOverview(live, await call(live.path + "/overview"));
      await loadOpen(live);
      root.dataset.changes = live.known;
    }
  } catch (error) {
    showConnection(false, error.message);
  } finally {
    live.busy = false;
  }
};

const loadOpen = async (live) => {
  const tab = openedTab();
  const isOpen = (id) => tab === id || tab === "all";
  for (const kind of kindsOf(tab)) await loadFigures(live, kind);
  await loadTable(live);
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
  if (live.isFirst) startActions(live, overview);
  live.showNote(String(overview.attributes.note ?? ""));
  live.isFirst = false;
};

const startActions = (live, overview) => {
  const place = byId("act");
  live.showNote = noteSection(live.path, place);
  live.fill = enqueueSection(live.path, overview.space, place);
  const link = make("section", undefined, place);
  make("h2", "Save the report", link);
  const button = makeButton("Save as one page", link, () => saveReport(live, button));
  make("p", "A page of about 2 MB that needs no server and no network.", link).className = "note";
  removeSection(live.path, live.name, place);
};

const saveReport = async (live, button) => {
  button.disabled = true;
  const response = await send("/studies/" + encodeURIComponent(live.name) + "/report");
  const link = make("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = "report.html";
  if (response.ok) link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  button.disabled = false;
};

/** Loads the figures of a kind if they may have changed. The server may answer with those of a moment ago. */
const loadFigures = async (live, kind) => {
  if (live.figures.get(kind) === live.known) return;
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
  showFilters(null);
  showTable();
  if (isFiltered()) redraw();
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
  if (!plot.isConnected) return;
  const [text, line] = [color("--text"), color("--line")];
  const axis = (title) => ({ title: { text: title }, gridcolor: line, zeroline: false });
  Plotly.newPlot(plot, [{ x: reports.map((one) => one[0]), y: reports.map((one) => one[1]), mode: reports.length > 60 ? "lines" : "lines+markers", line: { color: color("--mark") } }],
    { height: 220, margin: { l: 60, r: 10, t: 10, b: 40 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: text, size: 12 }, xaxis: axis("step"), yaxis: axis("value") },
    { ...CONFIG, displayModeBar: false });
};
