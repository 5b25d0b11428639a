// Draws the figures and the table of a report from the data in its page: filtered, sorted, in the colours of the theme.
"use strict";
(() => {
  const root = document.documentElement;

  // Errors are recorded in the page, so that a test without a screen can read them.
  const errors = [];
  const note = (what) => { errors.push(String(what)); root.dataset.errors = JSON.stringify(errors); };
  root.dataset.errors = "[]";
  addEventListener("error", (event) => note(event.message));
  addEventListener("unhandledrejection", (event) => note(event.reason));
  addEventListener("securitypolicyviolation", (event) => note("blocked: " + event.blockedURI));
  const said = console.error;
  console.error = (...words) => { note(words.join(" ")); said.apply(console, words); };

  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const make = (tag, text, parent) => {
    const element = document.createElement(tag);
    if (text !== undefined) element.textContent = text;
    if (parent) parent.append(element);
    return element;
  };

  // Each list is stored once: {"$": 3} means the fourth. A list of words has the indices of its words.
  data.lists = data.lists.map((list) => Array.isArray(list) ? list : list.of.map((index) => list.words[index]));
  const whole = (json) => {
    if (Array.isArray(json)) return json.map(whole);
    if (json === null || typeof json !== "object") return json;
    if ("$" in json) return data.lists[json.$];
    return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, whole(value)]));
  };

  // The choices of the reader are kept as long as the tab, through reloads.
  const key = "hpo:" + data.studies.map((study) => study.name).join("\n");
  const state = { theme: null, study: 0, hidden: {}, sort: 0, descending: false, page: 0, scroll: 0 };
  try { Object.assign(state, JSON.parse(sessionStorage.getItem(key) || "{}")); } catch { /* a page without storage */ }
  const keep = () => {
    try { sessionStorage.setItem(key, JSON.stringify({ ...state, scroll: scrollY })); } catch { /* the same */ }
  };
  addEventListener("pagehide", keep);

  // Filters.

  const FIRST = 0x30;
  const several = data.studies.length > 1;
  let study, filters, columns;
  const option = (filter, number) => filter.codes.charCodeAt(number) - FIRST;
  const hides = (filter) => (state.hidden[filter.name] || []).length > 0;
  const isFiltered = () => filters.some(hides);
  const passes = (number) => filters.every((filter) =>
    !hides(filter) || !state.hidden[filter.name].includes(Math.max(option(filter, number), -1)));

  const showFilters = () => {
    const section = byId("filters");
    section.replaceChildren();
    section.hidden = !several;
    if (several) {
      const set = make("fieldset", undefined, section);
      make("legend", "study", set);
      const select = make("select", undefined, set);
      data.studies.forEach((one, index) => { make("option", one.name, select).selected = index === state.study; });
      select.addEventListener("change", () => {
        Object.assign(state, { study: select.selectedIndex, hidden: {}, sort: 0, descending: false, page: 0 });
        showStudy();
        keep();
      });
    }
    for (const filter of filters) {
      const options = filter.options.map((name, index) => [name, index]);
      if (filter.codes.includes(".")) options.push(["not active", -1]);
      if (options.length < 2) continue;
      section.hidden = false;
      const set = make("fieldset", undefined, section);
      make("legend", filter.name, set);
      for (const [name, index] of options) {
        const label = make("label", undefined, set);
        const box = make("input", undefined, label);
        box.type = "checkbox";
        box.checked = !(state.hidden[filter.name] || []).includes(index);
        label.append(" " + name);
        box.addEventListener("change", () => {
          const hidden = new Set(state.hidden[filter.name] || []);
          if (box.checked) hidden.delete(index); else hidden.add(index);
          state.hidden[filter.name] = [...hidden];
          state.page = 0;
          redraw();
          showTable();
          keep();
        });
      }
    }
  };

  // The marks of a trace that pass; a line that is a fold of the points before it is computed again from those.
  const filtered = (trace, before) => {
    if (!isFiltered() || !Array.isArray(trace.customdata) || trace.customdata.length === 0) return trace;
    const fold = trace.meta && trace.meta.fold;
    if ((fold === "least" || fold === "greatest") && before) return { ...trace, ...best(before, fold) };
    const kept = trace.customdata.map((number, index) => passes(number) ? index : -1).filter((index) => index >= 0);
    const pick = (list) => Array.isArray(list) ? kept.map((index) => list[index]) : list;
    const some = { ...trace, x: pick(trace.x), y: pick(trace.y), customdata: pick(trace.customdata) };
    for (const name of ["base", "text", "hovertext"]) if (trace[name]) some[name] = pick(trace[name]);
    if (trace.marker) some.marker = { ...trace.marker, color: pick(trace.marker.color) };
    if (fold === "share") some.y = some.x.map((_, index) => (index + 1) / some.x.length);
    return some;
  };
  const best = (points, fold) => {
    let so_far = null;
    const better = fold === "least" ? Math.min : Math.max;
    return { x: points.x, customdata: points.customdata, y: points.y.map((y) => so_far = so_far === null ? y : better(so_far, y)) };
  };

  // Figures.

  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const sum = (list) => list.reduce((a, b) => a + b, 0);

  // A name with an ellipsis in the middle.
  const short = (name, most) => {
    const half = Math.max(2, (most - 1) / 2);
    return name.length <= most ? name : name.slice(0, Math.ceil(half)) + "…" + name.slice(-Math.floor(half));
  };

  // Panels stand side by side only where there is room; between them is room for the labels of their axes.
  const arranged = (layout, width) => {
    const { panels, columns: wished, inside, gap, rooms } = layout.meta;
    const columns = Math.min(wished, width < 560 ? 1 : width < 860 ? 2 : wished);
    const most = (count, side, place) => [...Array(count).keys()].map((at) =>
      Math.max(...rooms.filter((_, index) => place(index) === at).map((room) => room[side])));
    const lefts = most(columns, 0, (index) => index % columns);
    const belows = most(Math.ceil(panels / columns), 1, (index) => Math.floor(index / columns));
    const most_left = Math.max(110, width * 0.4);
    lefts.forEach((left, column) => { lefts[column] = Math.min(left, most_left + 26); });
    const right = layout.coloraxis ? 90 : 15;
    const inner = Math.max(60, (width - right - sum(lefts)) / columns);
    const shares = (size, gaps, count) => {
      const whole = size * count + sum(gaps);
      return [...Array(count).keys()].map((at) => {
        const start = size * at + sum(gaps.slice(0, at));
        return [start / whole, Math.min(1, (start + size) / whole)];
      });
    };
    const gaps = belows.slice(0, -1).map((below) => below + gap);
    const across = shares(inner, lefts.slice(1), columns);
    const down = shares(inside, gaps, belows.length);
    for (let index = 0; index < panels; index++) {
      const name = index === 0 ? "" : String(index + 1);
      const [top, bottom] = down[Math.floor(index / columns)];
      const [x, y] = [layout["xaxis" + name], layout["yaxis" + name]];
      Object.assign(x, { domain: across[index % columns], nticks: Math.max(3, Math.min(12, Math.floor(inner / 60))) });
      y.domain = [1 - bottom, 1 - top];
      if (y.ticktext) y.ticktext = y.ticktext.map((name) => short(name, Math.floor(most_left / 6.6) - 2));
    }
    layout.margin = { l: lefts[0], r: 15, t: layout.showlegend ? 40 : 15, b: belows.at(-1) };
    layout.height = layout.margin.t + inside * belows.length + sum(gaps) + belows.at(-1);
  };

  const dressed = (figure, width) => {
    const layout = whole(figure.layout);
    arranged(layout, width);
    const [text, line] = [color("--text"), color("--line")];
    Object.assign(layout, { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: text, size: width < 560 ? 11 : 12 } });
    layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: color("--weak"), activecolor: text };
    if (layout.coloraxis) {
      const { title } = layout.coloraxis.colorbar;
      Object.assign(layout.coloraxis.colorbar, { lenmode: "pixels", len: 300, y: 1, yanchor: "top", title: { ...title, side: "right" } });
    }
    for (const [name, axis] of Object.entries(layout)) {
      if (/^[xy]axis/.test(name)) Object.assign(axis, { gridcolor: line, linecolor: line, tickcolor: line });
    }
    return layout;
  };

  const card = (parent, isShared) => (figure) => {
    const section = make("section", undefined, parent);
    section.id = "figure-" + figure.name;
    make("h2", figure.title, section);
    for (const line of figure.notes) make("p", line, section).className = "note";
    const whole_only = make("p", "Shows all trials, regardless of the filters.", section);
    whole_only.className = "note";
    whole_only.hidden = true;
    const place = make("div", undefined, section);
    place.className = "drawing";
    const plot = make("div", undefined, place);
    const { height, meta } = figure.layout;
    plot.style.minHeight = height + "px";
    // Axes of names need room each: on a phone the figure is wider than the screen, and slides.
    const names = Math.max(0, ...Object.entries(figure.layout).filter(([name]) => name.startsWith("xaxis"))
      .map(([, axis]) => (whole(axis.ticktext) || []).length));
    if (meta.panels === 1 && names > 4) plot.style.minWidth = names * 70 + "px";
    return { figure, section, plot, whole_only, isShared, isVisible: false, isStale: true };
  };
  const shared = several ? data.shared.map(card(byId("shared"), true)) : [];
  let cards = [];

  const draw = (card) => {
    card.isStale = false;
    let before = null;
    const traces = whole(card.figure.data).map((trace) => {
      const shown = card.isShared ? trace : filtered(trace, before);
      before = shown.mode === "markers" ? shown : before;
      return shown;
    });
    const isFixed = (trace) => !Array.isArray(trace.customdata) || trace.customdata.length === 0;
    card.whole_only.hidden = !(isFiltered() && traces.length > 0 && (card.isShared || traces.every(isFixed)));
    const width = card.plot.clientWidth || innerWidth;
    card.plot.style.minHeight = "";
    const config = { responsive: true, displaylogo: false, displayModeBar: width < 560 ? false : "hover", modeBarButtonsToRemove: ["lasso2d", "select2d"] };
    Plotly.react(card.plot, traces, dressed(card.figure, width), config);
    if (!card.section.dataset.drawn) {
      card.section.dataset.drawn = "1";
      card.plot.on("plotly_click", (event) => {
        const number = event.points[0] && event.points[0].customdata;
        if (Number.isInteger(number) && !card.isShared) showTrial(number);
      });
      root.dataset.drawn = document.querySelectorAll("section[data-drawn]").length;
      root.dataset.millis = Math.round(performance.now());
    }
  };

  // One after the other: in between, the reader may scroll and click.
  let isDrawing = false;
  const drawNext = () => {
    const card = cards.find((card) => card.isVisible && card.isStale);
    isDrawing = card !== undefined;
    if (!isDrawing) return;
    setTimeout(drawNext);
    draw(card);
  };
  const drawVisible = () => { if (!isDrawing) drawNext(); };
  const redraw = () => { cards.forEach((card) => { card.isStale = true; }); drawVisible(); };

  // A figure is drawn when it comes near the window.
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const card = cards.find((card) => card.section === entry.target);
      card.isVisible = entry.isIntersecting;
    }
    drawVisible();
  }, { rootMargin: "300px" });

  // The table of trials.

  const PAGE = 25;
  const INFINITE = { inf: Infinity, "-inf": -Infinity, NaN: NaN };
  const cell = (column, row) => {
    const value = column.of[row];
    return value !== null && column.words ? column.words[value] : value;
  };
  const shown = (value) => {
    if (value === null || value === undefined) return "";
    return typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(6))) : String(value);
  };
  const order = (column) => (a, b) => {
    const [x, y] = [cell(column, a), cell(column, b)].map((value) => value in INFINITE ? INFINITE[value] : value);
    if (x === null || y === null) return (x === null) - (y === null);
    const sign = state.descending ? -1 : 1;
    return (typeof x === "string" || typeof y === "string" ? String(x).localeCompare(String(y)) : x - y) * sign;
  };

  const showTable = () => {
    const place = byId("table");
    place.replaceChildren();
    const numbers = columns[0].of;
    const rows = numbers.map((_, index) => index).filter((index) => !isFiltered() || passes(numbers[index]));
    if (!columns[state.sort]) state.sort = 0;
    rows.sort(order(columns[state.sort]));
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    state.page = Math.min(state.page, pages - 1);
    if (numbers.length < study.table.of) {
      make("p", `${numbers.length.toLocaleString("en")} of ${study.table.of.toLocaleString("en")} trials are in this table: the best, the latest, and an even sample of the others`, place).className = "note";
    }
    pager(place, pages, rows.length);
    const table = make("table", undefined, place);
    const head = make("tr", undefined, make("thead", undefined, table));
    columns.forEach((column, index) => {
      const sign = index === state.sort ? (state.descending ? " ↓" : " ↑") : "";
      const button = make("button", column.name + sign, make("th", undefined, head));
      button.type = "button";
      button.addEventListener("click", () => {
        state.descending = index === state.sort && !state.descending;
        state.sort = index;
        showTable();
        keep();
      });
    });
    const body = make("tbody", undefined, table);
    for (const row of rows.slice(state.page * PAGE, (state.page + 1) * PAGE)) {
      const line = make("tr", undefined, body);
      for (const column of columns) {
        const field = make("td", shown(cell(column, row)), line);
        if (!column.words) field.className = "number";
        field.title = field.textContent;
      }
      line.addEventListener("click", () => showTrial(numbers[row]));
    }
  };

  const pager = (place, pages, count) => {
    const nav = make("nav", undefined, place);
    const turn = (text, to) => {
      const button = make("button", text, nav);
      button.type = "button";
      button.disabled = to < 0 || to >= pages || to === state.page;
      button.addEventListener("click", () => { state.page = to; showTable(); keep(); });
    };
    turn("«", 0);
    turn("‹", state.page - 1);
    make("span", `page ${state.page + 1} of ${pages}, ${count.toLocaleString("en")} trials`, nav);
    turn("›", state.page + 1);
    turn("»", pages - 1);
  };

  const showTrial = (number) => {
    const row = columns[0].of.indexOf(number);
    const dialog = make("dialog", undefined, document.body);
    make("h2", "Trial " + number, dialog);
    const table = make("table", undefined, dialog);
    if (row < 0) make("p", "This trial is not in the sample that the table shows.", dialog);
    else for (const column of columns) {
      const text = shown(cell(column, row));
      if (text === "") continue;
      const line = make("tr", undefined, table);
      make("td", column.name, line);
      make("td", text, line);
    }
    const button = make("button", "close", dialog);
    button.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    dialog.addEventListener("close", () => dialog.remove());
    dialog.showModal();
  };

  // The rest of the page.

  if (state.theme) root.dataset.theme = state.theme;
  byId("theme").addEventListener("click", () => {
    const isDark = getComputedStyle(root).colorScheme.includes("dark");
    state.theme = isDark ? "light" : "dark";
    root.dataset.theme = state.theme;
    redraw();
    keep();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  for (const time of document.querySelectorAll("time")) {
    time.textContent = new Date(Number(time.dataset.micros) / 1000).toLocaleString();
  }
  for (const button of document.querySelectorAll(".copy")) {
    button.addEventListener("click", () => navigator.clipboard && navigator.clipboard.writeText(byId(button.dataset.of).textContent)
      .then(() => { button.textContent = "copied"; }, () => { button.textContent = "select and copy"; }));
  }
  let width = innerWidth;
  addEventListener("resize", () => {
    if (Math.abs(innerWidth - width) > 40) { width = innerWidth; redraw(); }
  });

  const showStudy = () => {
    if (!data.studies[state.study]) state.study = 0;
    study = data.studies[state.study];
    filters = study.filters.filters;
    columns = study.table.columns.map(whole);
    document.querySelectorAll(".study").forEach((block, index) => { block.hidden = index !== state.study; });
    cards.filter((card) => !card.isShared).forEach((card) => { observer.unobserve(card.section); Plotly.purge(card.plot); });
    byId("figures").replaceChildren();
    cards = [...shared, ...study.figures.map(card(byId("figures"), false))];
    cards.forEach((card) => observer.observe(card.section));
    showFilters();
    showTable();
  };
  showStudy();
  if (state.scroll) scrollTo(0, state.scroll);
  root.dataset.ready = Math.round(performance.now());
})();
