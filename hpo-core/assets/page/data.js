// The data of figures and tables: long lists are stored once, words as indices.

/** Returns lists with their words in place of indices. */
const decoded = (lists) => lists.map((list) => Array.isArray(list) ? list : list.of.map((index) => list.words[index]));

/** Returns JSON with its references resolved: {"$": 3} means the fourth list. */
const whole = (json, lists) => {
  if (Array.isArray(json)) return json.map((item) => whole(item, lists));
  if (json === null || typeof json !== "object") return json;
  if ("$" in json) return lists[json.$];
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, whole(value, lists)]));
};

/** Returns figures, each with the lists to which it refers. */
const figuresOf = (figures, lists) => figures.map((figure) => ({ ...figure, lists }));

/** Returns columns whose cells are values, not indices of words. */
const columnsOf = (columns, lists) => whole(columns, lists).map((column) => ({
  name: column.name,
  isText: column.words !== undefined,
  of: column.words ? column.of.map((index) => index === null ? null : column.words[index]) : column.of,
}));

/** Returns filters whose codes are numbers: the index of an option, or -1 where it is not active. */
const filtersOf = (filters) => filters.map((filter) => ({
  name: filter.name,
  options: filter.options,
  codes: Array.from(filter.codes, (letter) => Math.max(-1, letter.charCodeAt(0) - 0x30)),
}));

/** Returns filters for the columns of a table. */
const filtersFrom = (names, columns) => names.map(([name, options]) => {
  const column = columns.find((column) => column.name === name);
  const index = new Map(options.map((option, index) => [option, index]));
  return { name, options, codes: column ? column.of.map((cell) => index.get(String(cell)) ?? -1) : [] };
});

/** Puts changed rows into columns; the rows stand at the numbers of their trials. */
const merged = (columns, changed) => {
  const numbers = changed[0].of;
  const length = Math.max(columns[0].of.length, ...numbers.map((number) => number + 1));
  for (const column of columns) while (column.of.length < length) column.of.push(null);
  const known = new Map(columns.map((column) => [column.name, column]));
  const all = changed.map((column) => known.get(column.name) || { ...column, of: Array(length).fill(null) });
  changed.forEach((column, index) => numbers.forEach((number, row) => { all[index].of[number] = column.of[row]; }));
  return all;
};
