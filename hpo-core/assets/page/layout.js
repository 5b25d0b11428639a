// The arrangement of a figure's panels in the width that it has, and its colours.

const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
const sum = (list) => list.reduce((a, b) => a + b, 0);

/** Returns a name with an ellipsis in the middle. */
const short = (name, most) => {
  const half = Math.max(2, (most - 1) / 2);
  return name.length <= most ? name : name.slice(0, Math.ceil(half)) + "…" + name.slice(-Math.floor(half));
};

/** Returns the start and the end of each of `count` equal parts with gaps between them, as shares of the whole. */
const shares = (size, gaps, count) => {
  const all = size * count + sum(gaps);
  return [...Array(count).keys()].map((at) => {
    const start = size * at + sum(gaps.slice(0, at));
    return [start / all, Math.min(1, (start + size) / all)];
  });
};

/** Arranges panels side by side only where there is room; between them is room for the labels of their axes. */
const arranged = (layout, width) => {
  const { panels, columns: wished, inside, gap, rooms } = layout.meta;
  const columns = Math.min(wished, width < 560 ? 1 : width < 860 ? 2 : wished);
  const most = (count, side, place) => [...Array(count).keys()].map((at) =>
    Math.max(...rooms.filter((_, index) => place(index) === at).map((room) => room[side])));
  const mostLeft = Math.max(110, width * 0.4);
  const lefts = most(columns, 0, (index) => index % columns).map((left) => Math.min(left, mostLeft + 26));
  const belows = most(Math.ceil(panels / columns), 1, (index) => Math.floor(index / columns));
  const right = layout.coloraxis ? 90 : 15;
  const inner = Math.max(60, (width - right - sum(lefts)) / columns);
  const gaps = belows.slice(0, -1).map((below) => below + gap);
  const across = shares(inner, lefts.slice(1), columns);
  const down = shares(inside, gaps, belows.length);
  for (let index = 0; index < panels; index++) {
    const name = index === 0 ? "" : String(index + 1);
    const [top, bottom] = down[Math.floor(index / columns)];
    const [x, y] = [layout["xaxis" + name], layout["yaxis" + name]];
    Object.assign(x, { domain: across[index % columns], nticks: Math.max(3, Math.min(12, Math.floor(inner / 45))) });
    Object.assign(y, { domain: [1 - bottom, 1 - top], nticks: Math.max(5, Math.min(12, Math.floor(inside / 30))) });
    if (y.ticktext) y.ticktext = y.ticktext.map((name) => short(name, Math.floor(mostLeft / 6.6) - 2));
  }
  layout.margin = { l: lefts[0], r: 15, t: layout.showlegend ? 40 : 15, b: belows.at(-1) };
  layout.height = layout.margin.t + inside * belows.length + sum(gaps) + belows.at(-1);
};

/** Returns texts beside marks as annotations, which stand out from lines behind them. */
const annotationsOf = (traces) => traces.filter((trace) => trace.mode === "text").flatMap((trace) =>
  trace.text.map((text, index) => ({
    x: trace.x[index], y: trace.y[index], xref: trace.xaxis, yref: trace.yaxis, text, showarrow: false,
    xanchor: "left", xshift: 3, borderpad: 1, bgcolor: color("--card"), opacity: 0.85, font: { size: 10 },
  })));

/** Returns the number of powers of ten between the ends of a logarithmic axis. */
const decades = (axis, letter, name, traces) => {
  if (axis.range) return Math.abs(axis.range[1] - axis.range[0]);
  const own = traces.filter((trace) => trace[letter + "axis"] === name).flatMap((trace) => trace[letter]).filter((value) => value > 0);
  const extreme = (better) => Math.log10(own.reduce((a, b) => better(a, b), own[0]));
  return own.length > 0 ? extreme(Math.max) - extreme(Math.min) : 0;
};

/** Labels the powers of ten of a logarithmic axis and nothing between, where there is room for them. */
const labelPowers = (axis, key, traces, layout, width) => {
  const letter = key[0];
  const count = decades(axis, letter, key.replace("axis", ""), traces);
  const length = (axis.domain[1] - axis.domain[0]) * (letter === "x" ? width - layout.margin.l : layout.height);
  // Plotly writes powers of ten larger than other labels.
  axis.tickfont = { size: (width < 560 ? 11 : 12) * 0.9 };
  if (count >= 2 && count * 40 <= length) axis.dtick = 1;
};

/** Returns the layout of a figure in the colours of the page. */
const dressed = (figure, width, traces) => {
  const layout = whole(figure.layout, figure.lists);
  arranged(layout, width);
  layout.width = width;
  layout.annotations = annotationsOf(traces);
  const [text, line] = [color("--text"), color("--line")];
  Object.assign(layout, { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: text, size: width < 560 ? 11 : 12 } });
  layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: color("--weak"), activecolor: text };
  // What the reader has zoomed stays when data change.
  layout.uirevision = figure.name + choices.log.includes(figure.name);
  layout.hoverlabel = { namelength: -1 };
  if (layout.coloraxis) {
    const { title } = layout.coloraxis.colorbar;
    Object.assign(layout.coloraxis.colorbar, { lenmode: "pixels", len: Math.min(300, layout.meta.inside), y: 1, yanchor: "top", title: { ...title, side: "right" } });
  }
  const isLog = choices.log.includes(figure.name) && canBeLog(figure);
  for (const [name, axis] of Object.entries(layout)) {
    if (isLog && name.startsWith("yaxis")) Object.assign(axis, { type: "log", range: undefined });
    if (!/^[xy]axis/.test(name)) continue;
    Object.assign(axis, { gridcolor: line, linecolor: line, tickcolor: line });
    if (axis.type === "log") labelPowers(axis, name, traces, layout, width);
  }
  return layout;
};
