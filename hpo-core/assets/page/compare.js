// The comparison of several studies: all in history and distribution, one at a time in the rest.

const startCompare = async () => {
  startPage();
  document.title = "Comparison";
  byId("title").textContent = "Comparison";
  loadPlotly();
  const data = await call("/api/v1/compare" + location.search);
  const lists = decoded(data.lists);
  recall("hpo:" + location.href.split("#")[0]);
  if (!data.studies[choices.study]) choices.study = 0;
  for (const facts of data.facts) factList(facts, byId("facts"));
  make("p", "History and distribution show all studies; everything else shows the selected one.", byId("facts")).className = "note";
  const all = [...data.shared, ...data.studies.flatMap((study) => study.figures)].map((figure) => figure.kind);
  const withFigures = [...document.querySelectorAll(".panel")].filter((panel) => panel.dataset.kinds.split(" ").some((kind) => all.includes(kind)));
  setPanels(["overview", ...withFigures.map((panel) => panel.id), "trials", "config"]);
  addCards(figuresOf(data.shared, lists).map((figure) => makeCard(figure, byId("shared"), true)));
  const show = () => showCompared(data.studies, lists, show);
  show();
  startTabs();
  root.dataset.ready = Math.round(performance.now());
};

const showCompared = (studies, lists, show) => {
  const study = studies[choices.study];
  page.filters = filtersOf(study.filters.filters);
  page.columns = columnsOf(study.table.columns, lists);
  page.of = study.table.of;
  removeCards(page.cards.filter((card) => !card.isShared));
  showFigures(figuresOf(study.figures, lists));
  showFilters((section) => chooseCompared(studies, section, show));
  showTexts(study.texts);
  showTable();
};

const chooseCompared = (studies, section, show) => {
  const set = make("fieldset", undefined, section);
  make("legend", "study", set);
  const select = make("select", undefined, set);
  studies.forEach((one, index) => { make("option", one.name, select).selected = index === choices.study; });
  select.addEventListener("change", () => {
    Object.assign(choices, { study: select.selectedIndex, hidden: {}, sort: 0, descending: false, page: 0, find: "", columns: [] });
    show();
    keep();
  });
};
