// Figures: a card for each, drawn when it comes near the window.

/** Makes the card of a figure. `prefix` begins its id: a figure may stand in two panels. */
const makeCard = (figure, parent, isShared, prefix = "figure-") => {
  const section = make("section", undefined, parent);
  section.id = prefix + figure.name;
  const bar = make("div", undefined, section);
  bar.className = "bar";
  const heading = make("h2", undefined, bar);
  const scale = makeButton("log scale", bar, () => toggleScale(card));
  scale.className = "scale";
  const notes = make("div", undefined, section);
  const wholeOnly = make("p", "Shows all trials, regardless of the filters.", section);
  wholeOnly.className = "note";
  wholeOnly.hidden = true;
  const place = make("div", undefined, section);
  place.className = "drawing";
  const plot = make("div", undefined, place);
  const card = { section, heading, scale, notes, wholeOnly, plot, isShared, isVisible: false };
  setFigure(card, figure);
  return card;
};

/** Puts new data into a card. */
const setFigure = (card, figure) => {
  card.figure = figure;
  card.isStale = true;
  card.heading.textContent = figure.title;
  card.scale.hidden = !canBeLog(figure);
  card.scale.ariaPressed = String(choices.log.includes(figure.name));
  card.notes.replaceChildren();
  for (const line of figure.notes) make("p", line, card.notes).className = "note";
  const { height, meta } = figure.layout;
  if (!card.section.dataset.drawn) card.plot.style.minHeight = height + "px";
  // Axes of names need room each: on a phone the figure is wider than the screen, and slides.
  const axes = Object.entries(figure.layout).filter(([name]) => name.startsWith("xaxis"));
  const names = Math.max(0, ...axes.map(([, axis]) => (whole(axis.ticktext, figure.lists) || []).length));
  card.plot.style.minWidth = meta.panels === 1 && names > 4 ? names * 70 + "px" : "";
};

/** The kinds of figures with values on their vertical axis. */
const WITH_VALUES = ["history", "slice", "intermediate_values"];

/** Returns true if the values of a figure can be shown on a logarithmic scale. */
const canBeLog = (figure) => WITH_VALUES.includes(figure.kind)
  && figure.data.every((trace) => (whole(trace.y, figure.lists) || []).every((y) => y === null || y > 0));

const toggleScale = (card) => {
  const { name } = card.figure;
  choices.log = choices.log.includes(name) ? choices.log.filter((one) => one !== name) : [...choices.log, name];
  for (const other of page.cards.filter((other) => other.figure.name === name)) setFigure(other, other.figure);
  drawVisible();
  keep();
};

const tracesOf = (card) => {
  let before = null;
  return whole(card.figure.data, card.figure.lists).map((trace) => {
    const shown = card.isShared ? trace : filtered(trace, before);
    if (card.figure.kind === "importances") Object.assign(shown, { text: shown.x.map((share) => share.toFixed(2)), textposition: "auto", textangle: 0, cliponaxis: false });
    before = shown.mode === "markers" ? shown : before;
    return shown;
  });
};

/** How Plotly draws; no button sends data to its makers. */
const CONFIG = {
  displaylogo: false, showSendToCloud: false, plotlyServerURL: "",
  modeBarButtonsToRemove: ["lasso2d", "select2d", "sendChartToCloud", "sendDataToCloud"],
};

const draw = (card) => {
  card.isStale = false;
  const traces = tracesOf(card);
  const isFixed = (trace) => !Array.isArray(trace.customdata) || trace.customdata.length === 0;
  card.wholeOnly.hidden = !(isFiltered() && traces.length > 0 && (card.isShared || traces.every(isFixed)));
  const width = card.plot.clientWidth || innerWidth;
  card.plot.style.minHeight = "";
  card.width = width;
  const layout = dressed(card.figure, width, traces);
  const points = traces.filter((trace) => trace.mode !== "text");
  Plotly.react(card.plot, points, layout, { ...CONFIG, displayModeBar: width < 640 ? false : "hover" });
  if (card.section.dataset.drawn) return;
  card.section.dataset.drawn = "1";
  card.plot.on("plotly_click", (event) => {
    const number = event.points[0] && event.points[0].customdata;
    if (Number.isInteger(number) && !card.isShared) showTrial(number);
  });
  root.dataset.drawn = document.querySelectorAll("section[id^='figure-'][data-drawn]").length;
  root.dataset.millis = Math.round(performance.now());
};

// One after the other: in between, the reader may scroll and click.
let isDrawing = false;
const drawNext = () => {
  const card = page.cards.find((card) => card.isVisible && card.isStale);
  isDrawing = card !== undefined;
  if (!isDrawing) return;
  setTimeout(drawNext);
  draw(card);
};
const drawVisible = () => { if (!isDrawing && typeof Plotly !== "undefined") drawNext(); };
const redraw = () => { page.cards.forEach((card) => { card.isStale = true; }); drawVisible(); };

const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    const card = page.cards.find((card) => card.section === entry.target);
    if (card) card.isVisible = entry.isIntersecting;
  }
  drawVisible();
}, { rootMargin: "300px" });

// A figure is drawn anew when it has become wider or narrower.
const sizes = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const card = page.cards.find((card) => card.plot === entry.target);
    const { clientWidth } = entry.target;
    if (card && card.width && clientWidth > 0 && Math.abs(clientWidth - card.width) > 4) card.isStale = true;
  }
  drawVisible();
});

/** Adds cards to the page, and scrolls to the one that the address names. */
const addCards = (cards) => {
  page.cards.push(...cards);
  for (const card of cards) {
    observer.observe(card.section);
    sizes.observe(card.plot);
  }
  const awaited = cards.find((card) => card.section.id === page.awaited);
  if (!awaited) return;
  page.awaited = null;
  awaited.section.scrollIntoView();
};

/** Removes cards from the page. */
const removeCards = (cards) => {
  for (const card of cards) {
    observer.unobserve(card.section);
    sizes.unobserve(card.plot);
    if (card.section.dataset.drawn) Plotly.purge(card.plot);
    card.section.remove();
  }
  page.cards = page.cards.filter((card) => !cards.includes(card));
};

/** Returns the place for the figures of a kind. */
const placeOf = (kind) => {
  const panels = [...document.querySelectorAll(".panel")];
  const has = (panel) => panel.dataset.kinds.split(" ").includes(kind);
  const panel = panels.find(has) || panels.find((panel) => panel.dataset.kinds === "*");
  return panel && panel.querySelector(".figures");
};

/** The figures that the overview shows too. */
const GLANCE = ["history", "importances"];

/** Returns a figure with its first panel alone, for the overview. */
const firstPanel = (figure) => {
  const { meta } = figure.layout;
  if (meta.panels === 1) return figure;
  const keys = Object.entries(figure.layout).filter(([name]) => !/^[xy]axis\d+$/.test(name));
  const layout = { ...Object.fromEntries(keys), meta: { ...meta, panels: 1, columns: 1, rooms: meta.rooms.slice(0, 1) } };
  return { ...figure, layout, notes: figure.notes.slice(0, 1), data: figure.data.filter((trace) => trace.xaxis === "x") };
};

/** Makes the cards of a study's figures in their panels. */
const showFigures = (figures) => {
  const cards = figures.map((figure) => makeCard(figure, placeOf(figure.kind), false));
  const glance = byId("glance");
  const few = figures.filter((figure) => GLANCE.includes(figure.name));
  addCards([...cards, ...few.map((figure) => makeCard(firstPanel(figure), glance, false, "glance-"))]);
};
