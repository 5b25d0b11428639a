// Errors, elements, and the choices of the reader.

const root = document.documentElement;

// Errors are recorded in the page, so that a test without a screen can read them.
const errors = [];
const note = (what) => { errors.push(String(what)); root.dataset.errors = JSON.stringify(errors); };
root.dataset.errors = "[]";
addEventListener("error", (event) => note(event.message));
addEventListener("unhandledrejection", (event) => note(event.reason));
addEventListener("securitypolicyviolation", (event) => note("blocked: " + event.violatedDirective + " " + event.blockedURI));
const said = console.error;
console.error = (...words) => { note(words.join(" ")); said.apply(console, words); };

const byId = (id) => document.getElementById(id);

/** Makes an element with a text, at the end of `parent`. */
const make = (tag, text, parent) => {
  const element = document.createElement(tag);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};

/** Makes a button that does something. */
const makeButton = (text, parent, action) => {
  const button = make("button", text, parent);
  button.type = "button";
  button.addEventListener("click", action);
  return button;
};

/** Makes the contents of a place anew, and leaves focus and scroll where they were. */
const renewed = (place, render) => {
  const able = () => [...place.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")];
  const at = able().indexOf(document.activeElement);
  const left = place.querySelector(".scroll")?.scrollLeft ?? 0;
  render();
  if (at >= 0) able()[at]?.focus({ preventScroll: true });
  if (left > 0) place.querySelector(".scroll")?.scrollTo({ left });
};

// The choices of the reader are kept as long as the tab, through reloads.
const remembered = (key, chosen) => {
  try { return JSON.parse(sessionStorage.getItem(key) || "null") ?? chosen; } catch { return chosen; }
};
const remember = (key, chosen) => {
  try { sessionStorage.setItem(key, JSON.stringify(chosen)); } catch { /* a page without storage */ }
};
const choices = { study: 0, hidden: {}, sort: 0, descending: false, page: 0, scroll: 0, find: "", columns: [], log: [] };
let choicesKey = "hpo:" + location.pathname;
const keep = () => remember(choicesKey, { ...choices, scroll: scrollY });
const recall = (key) => {
  choicesKey = key;
  Object.assign(choices, remembered(key, {}));
};
addEventListener("pagehide", keep);

/** The present study: its filters, the columns of its table, and the cards of its figures. */
const page = { filters: [], columns: [], of: 0, cards: [], shared: [], awaited: null, trial: null, opened: () => {} };

/** Formats a number with six digits, as people write it. */
const shown = (value) => {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number" || Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const rounded = Number(value.toPrecision(6));
  return Math.abs(rounded) < 1e-4 ? rounded.toExponential() : String(rounded);
};

/** Formats a time in seconds with its unit. */
const duration = (seconds) => {
  if (seconds < 1) return Math.round(seconds * 1000) + " ms";
  if (seconds < 120) return shown(Number(seconds.toPrecision(3))) + " s";
  if (seconds < 7200) return Math.round(seconds / 60) + " min";
  if (seconds < 172800) return Math.round(seconds / 3600) + " h";
  return Math.round(seconds / 86400) + " days";
};

/** Draws a line through values as a small picture. */
const sparkline = (values, parent, what) => {
  const space = "http://www.w3.org/2000/svg";
  const finite = values.filter((value) => Number.isFinite(value));
  const svg = document.createElementNS(space, "svg");
  for (const [name, value] of [["viewBox", "0 0 100 24"], ["class", "spark"], ["role", "img"], ["aria-label", what], ["preserveAspectRatio", "none"]]) svg.setAttribute(name, value);
  parent.append(svg);
  if (finite.length < 2) return svg;
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const y = (value) => (22 - 20 * (high > low ? (value - low) / (high - low) : 0.5)).toFixed(2);
  const line = document.createElementNS(space, "polyline");
  line.setAttribute("points", finite.map((value, index) => `${(100 * index / (finite.length - 1)).toFixed(2)},${y(value)}`).join(" "));
  svg.append(line);
  return svg;
};
