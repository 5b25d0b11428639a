// A page that contains its data, about one study or several.

const data = JSON.parse(byId("data").textContent);
const lists = decoded(data.lists);
const several = data.studies.length > 1;
recall("hpo:" + data.studies.map((study) => study.name).join("\n"));

const chooseStudy = (section) => {
  const set = make("fieldset", undefined, section);
  make("legend", "study", set);
  const select = make("select", undefined, set);
  data.studies.forEach((one, index) => { make("option", one.name, select).selected = index === choices.study; });
  select.addEventListener("change", () => {
    Object.assign(choices, { study: select.selectedIndex, hidden: {}, sort: 0, descending: false, page: 0, find: "", columns: [] });
    showStudy();
    keep();
  });
};

const showStudy = () => {
  if (!data.studies[choices.study]) choices.study = 0;
  const study = data.studies[choices.study];
  page.filters = filtersOf(study.filters.filters);
  page.columns = columnsOf(study.table.columns, lists);
  page.of = study.table.of;
  const each = Math.max(1, data.studies.length);
  document.querySelectorAll(".study").forEach((block, index) => { block.hidden = index % each !== choices.study; });
  removeCards(page.cards.filter((card) => !card.isShared));
  showFigures(figuresOf(study.figures, lists));
  showFilters(several ? chooseStudy : null);
  showTable();
};

if (several) addCards(figuresOf(data.shared, lists).map((figure) => makeCard(figure, byId("shared"), true)));
showStudy();
startPage();
startTabs();
if (choices.scroll) scrollTo(0, choices.scroll);
root.dataset.ready = Math.round(performance.now());
