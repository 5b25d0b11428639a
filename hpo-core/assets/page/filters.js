// Filters: by state, and by the variants of each choice.

const hides = (filter) => (choices.hidden[filter.name] || []).length > 0;
const isFiltered = () => page.filters.some(hides);
const passes = (number) => page.filters.every((filter) =>
  !hides(filter) || !choices.hidden[filter.name].includes(filter.codes[number] ?? -1));

/** Shows the filters, after the choice of a study where there are several. */
const showFilters = (chooseStudy) => renewed(byId("filters"), () => makeFilters(byId("filters"), chooseStudy));

const makeFilters = (section, chooseStudy) => {
  const isOpen = section.querySelector("details")?.open ?? innerWidth > 600;
  section.replaceChildren();
  section.hidden = !chooseStudy;
  if (chooseStudy) chooseStudy(section);
  const own = page.filters.map((filter) => [filter, optionsOf(filter)]).filter(([, options]) => options.length > 1);
  if (own.length === 0) return;
  section.hidden = false;
  const details = make("details", undefined, section);
  details.open = isOpen;
  make("summary", "Filters" + (isFiltered() ? " (on)" : ""), details);
  const sets = make("div", undefined, details);
  for (const [filter, options] of own) showFilter(filter, options, sets);
};

const optionsOf = (filter) => {
  const options = filter.options.map((name, index) => [name, index]);
  if (filter.codes.includes(-1)) options.push(["not active", -1]);
  return options;
};

const showFilter = (filter, options, parent) => {
  const set = make("fieldset", undefined, parent);
  make("legend", filter.name, set);
  for (const [name, index] of options) {
    const label = make("label", undefined, set);
    const box = make("input", undefined, label);
    box.type = "checkbox";
    box.checked = !(choices.hidden[filter.name] || []).includes(index);
    label.append(" " + name);
    box.addEventListener("change", () => choose(filter, index, box.checked));
  }
};

const choose = (filter, index, isShown) => {
  const hidden = new Set(choices.hidden[filter.name] || []);
  if (isShown) hidden.delete(index); else hidden.add(index);
  choices.hidden[filter.name] = [...hidden];
  choices.page = 0;
  byId("filters").querySelector("summary").textContent = "Filters" + (isFiltered() ? " (on)" : "");
  redraw();
  showTable();
  keep();
};

/** Returns the marks of a trace that pass; a line that is a fold of the points before it is computed again from those. */
const filtered = (trace, before) => {
  if (!isFiltered() || !Array.isArray(trace.customdata) || trace.customdata.length === 0) return trace;
  const fold = trace.meta && trace.meta.fold;
  if ((fold === "least" || fold === "greatest") && before) return { ...trace, ...bestSoFar(before, fold) };
  const kept = trace.customdata.map((number, index) => passes(number) ? index : -1).filter((index) => index >= 0);
  const pick = (list) => Array.isArray(list) ? kept.map((index) => list[index]) : list;
  const some = { ...trace, x: pick(trace.x), y: pick(trace.y), customdata: pick(trace.customdata) };
  for (const name of ["base", "text", "hovertext"]) if (trace[name]) some[name] = pick(trace[name]);
  if (trace.marker) some.marker = { ...trace.marker, color: pick(trace.marker.color) };
  if (fold === "share") some.y = some.x.map((_, index) => (index + 1) / some.x.length);
  return some;
};

const bestSoFar = (points, fold) => {
  let best = null;
  const better = fold === "least" ? Math.min : Math.max;
  return { x: points.x, customdata: points.customdata, y: points.y.map((y) => best = best === null ? y : better(best, y)) };
};
