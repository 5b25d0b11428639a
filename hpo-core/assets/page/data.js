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

/** Returns filters for the columns of a table: the one of the states, then those of choices. */
const filtersFrom = (names, columns) => names.map(([name, options], at) => {
  // A metric may have the name of a parameter; the columns of parameters come after those of metrics.
  const column = at === 0 ? columns[1] : columns.findLast((one) => one.name === name);
  // A number may be written in several ways, such as 1 and 1.0.
  const [words, values] = [String, Number].map((of) => new Map(options.map((option, index) => [of(option), index])));
  const code = (cell) => cell === null ? -1 : (typeof cell === "number" ? values : words).get(cell) ?? -1;
  return { name, options, codes: column ? column.of.map(code) : [] };
});

/** Returns a key for each column: its name, and how many columns of this name stand before it. */
const keysOf = (columns) => columns.map(({ name }, at) =>
  columns.slice(0, at).filter((other) => other.name === name).length + " " + name);

/** Puts changed rows into columns; the rows stand at the numbers of their trials. A column that the changed rows do not have stays. */
const merged = (columns, changed) => {
  const numbers = changed[0].of;
  const length = numbers.reduce((most, number) => Math.max(most, number + 1), columns[0].of.length);
  const known = new Map(keysOf(columns).map((key, at) => [key, columns[at]]));
  const all = keysOf(changed).map((key, at) => known.get(key) ?? { ...changed[at], of: [] });
  const each = [...all, ...columns.filter((column) => !all.includes(column))];
  for (const column of each) while (column.of.length < length) column.of.push(null);
  changed.forEach((column, at) => numbers.forEach((number, row) => { all[at].of[number] = column.of[row]; }));
  return each;
};
