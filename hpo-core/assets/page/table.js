// The table of trials: sorted, filtered, a page at a time.

const PAGE = 25;
const INFINITE = { inf: Infinity, "-inf": -Infinity, NaN: NaN };

const order = (column) => {
  const values = column.of.map((value) => Object.hasOwn(INFINITE, value) ? INFINITE[value] : value);
  const sign = choices.descending ? -1 : 1;
  return (a, b) => {
    const [x, y] = [values[a], values[b]];
    if (x === null || y === null) return (x === null) - (y === null);
    return (typeof x === "string" || typeof y === "string" ? String(x).localeCompare(String(y)) : x - y) * sign;
  };
};

/** Returns the rows that pass the filters and contain the text that is looked for, in their order. */
const rowsShown = () => {
  const numbers = page.columns[0].of;
  const wanted = choices.find.trim().toLowerCase();
  const contains = (row) => page.columns.some((column) => shown(column.of[row]).toLowerCase().includes(wanted));
  const rows = numbers.map((_, row) => row).filter((row) =>
    numbers[row] !== null && (!isFiltered() || passes(numbers[row])) && (wanted === "" || contains(row)));
  if (!page.columns[choices.sort]) choices.sort = 0;
  return rows.sort(order(page.columns[choices.sort]));
};

const showTable = () => {
  const place = byId("table");
  if (!place || page.columns.length === 0) return;
  if (!place.firstChild) makeTools(place);
  renewed(place.lastChild, () => makeTable(place.lastChild));
};

const makeTable = (body) => {
  const rows = rowsShown();
  const pages = Math.max(1, Math.ceil(rows.length / PAGE));
  choices.page = Math.min(choices.page, pages - 1);
  body.replaceChildren();
  if (page.columns[0].of.length < page.of) {
    const count = page.columns[0].of.length.toLocaleString("en");
    make("p", `${count} of ${page.of.toLocaleString("en")} trials are in this table: the best, the latest, and an even sample of the others`, body).className = "note";
  }
  pager(body, pages, rows.length);
  const scroll = make("div", undefined, body);
  scroll.className = "scroll";
  scroll.tabIndex = 0;
  const table = make("table", undefined, scroll);
  const visible = page.columns.filter((column) => !choices.columns.includes(column.name));
  showHead(visible, make("tr", undefined, make("thead", undefined, table)));
  showRows(rows.slice(choices.page * PAGE, (choices.page + 1) * PAGE), visible, make("tbody", undefined, table));
};

const showHead = (visible, head) => {
  for (const column of visible) {
    const index = page.columns.indexOf(column);
    const isSorted = index === choices.sort;
    const cell = make("th", undefined, head);
    cell.scope = "col";
    if (isSorted) cell.ariaSort = choices.descending ? "descending" : "ascending";
    const button = makeButton(column.name + (isSorted ? (choices.descending ? " ↓" : " ↑") : ""), cell, () => {
      choices.descending = isSorted && !choices.descending;
      choices.sort = index;
      showTable();
      keep();
    });
    button.title = column.name;
  }
};

const showRows = (rows, visible, body) => {
  const numbers = page.columns[0].of;
  for (const row of rows) {
    const line = make("tr", undefined, body);
    for (const column of visible) {
      const text = shown(column.of[row]);
      const field = make("td", column === page.columns[0] ? undefined : text, line);
      if (!column.isText) field.className = "number";
      if (column.name === "state") field.className = "state " + text;
      field.title = text;
      if (column === page.columns[0]) make("a", text, field).href = "#trial-" + text;
    }
    line.addEventListener("click", (event) => { event.preventDefault(); showTrial(numbers[row]); });
  }
};

const pager = (place, pages, count) => {
  const nav = make("nav", undefined, place);
  nav.ariaLabel = "pages of the table";
  const turn = (text, name, to) => {
    const button = makeButton(text, nav, () => { choices.page = to; showTable(); keep(); });
    button.disabled = to < 0 || to >= pages || to === choices.page;
    button.ariaLabel = name;
  };
  turn("«", "first page", 0);
  turn("‹", "page before", choices.page - 1);
  make("span", `page ${choices.page + 1} of ${pages}, ${count.toLocaleString("en")} trials`, nav);
  turn("›", "next page", choices.page + 1);
  turn("»", "last page", pages - 1);
};

/** Makes what stands above the table and stays: a search, the columns, an export. */
const makeTools = (place) => {
  const tools = make("div", undefined, place);
  tools.className = "tools";
  const find = make("input", undefined, tools);
  Object.assign(find, { type: "search", placeholder: "find", value: choices.find, ariaLabel: "find in the table" });
  find.addEventListener("input", () => { Object.assign(choices, { find: find.value, page: 0 }); showTable(); keep(); });
  const details = make("details", undefined, tools);
  make("summary", "Columns", details);
  const list = make("div", undefined, details);
  details.addEventListener("toggle", () => { if (details.open) showColumns(list); });
  makeButton("Export as CSV", tools, exportRows);
  make("div", undefined, place);
};

const showColumns = (list) => {
  list.replaceChildren();
  for (const { name } of page.columns.slice(1)) {
    const label = make("label", undefined, list);
    const box = make("input", undefined, label);
    Object.assign(box, { type: "checkbox", checked: !choices.columns.includes(name) });
    label.append(" " + name);
    box.addEventListener("change", () => {
      choices.columns = box.checked ? choices.columns.filter((one) => one !== name) : [...choices.columns, name];
      showTable();
      keep();
    });
  }
};

/** Saves the rows that are shown, on all pages, as CSV. A text that a spreadsheet could take for a formula begins with an apostrophe. */
const exportRows = () => {
  const safe = (value) => typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? "'" + value : value;
  const field = (value) => {
    const text = value === null || value === undefined ? "" : String(safe(value));
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  const lines = [page.columns.map((column) => field(column.name)), ...rowsShown().map((row) => page.columns.map((column) => field(column.of[row])))];
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([lines.map((line) => line.join(",") + "\r\n").join("")], { type: "text/csv" }));
  link.download = "trials.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
