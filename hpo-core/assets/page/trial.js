// One trial in a panel of its own, by the address `#trial-17`.

let trialShown = null;

/** Shows a trial: all that is known about it where a server tells, or else its row of the table. */
const showTrial = async (number) => {
  if (trialShown) trialShown.close();
  const dialog = make("dialog", undefined, document.body);
  trialShown = dialog;
  dialog.className = "trial";
  const bar = make("div", undefined, dialog);
  bar.className = "bar";
  const heading = make("h2", "Trial " + number, bar);
  heading.id = "trial-title";
  dialog.setAttribute("aria-labelledby", heading.id);
  makeButton("close", bar, () => dialog.close());
  const body = make("div", undefined, dialog);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (trialShown !== dialog) return;
    trialShown = null;
    setAddress(openedTab());
  });
  setAddress("trial-" + number);
  dialog.showModal();
  if (page.trial) await page.trial(number, body, bar);
  else showRow(number, body);
};

const showRow = (number, body) => {
  const row = page.columns.length > 0 ? page.columns[0].of.indexOf(number) : -1;
  if (row < 0) {
    make("p", "This trial is not in the sample that the table shows.", body);
    return;
  }
  showPairs(page.columns.map((column) => [column.name, shown(column.of[row])]).filter(([, text]) => text !== ""), body);
};

/** Shows names and texts as a table of two columns. */
const showPairs = (pairs, parent) => {
  const table = make("table", undefined, parent);
  table.className = "pairs";
  for (const [name, text] of pairs) {
    const line = make("tr", undefined, table);
    make("th", name, line).scope = "row";
    make("td", text, line);
  }
};
