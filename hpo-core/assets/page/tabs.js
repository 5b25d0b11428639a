// The panels of the page as tabs, one of them open; the address names it.

const panels = () => [...document.querySelectorAll("main > .panel")].filter((panel) => !panel.dataset.absent);
let openTab = null;
const openedTab = () => openTab;

const setAddress = (name) => {
  if (location.hash === "#" + name || (name === "overview" && location.hash === "")) return;
  // A page within a frame has no address of its own.
  try { history.replaceState(null, "", "#" + name); } catch { /* then it stays without */ }
};

/** Shows the tabs of the panels that there are. */
const showTabs = () => {
  const list = byId("tabs");
  list.hidden = false;
  list.role = "tablist";
  list.ariaLabel = "parts of the page";
  const wanted = [...panels().map((panel) => [panel.id, panel.dataset.title]), ["all", "All"]];
  if (wanted.map(([id]) => id).join() === [...list.children].map((tab) => tab.dataset.of).join()) return;
  list.replaceChildren();
  for (const [id, title] of wanted) {
    const tab = makeButton(title, list, () => { openPanel(id); setAddress(id); });
    tab.id = "tab-" + id;
    tab.role = "tab";
    tab.dataset.of = id;
    const panel = byId(id);
    if (!panel) continue;
    tab.setAttribute("aria-controls", id);
    panel.role = "tabpanel";
    panel.setAttribute("aria-labelledby", tab.id);
  }
  if (openTab) markTabs();
};

const markTabs = () => {
  for (const tab of byId("tabs").children) {
    const isOpen = tab.dataset.of === openTab;
    tab.ariaSelected = String(isOpen);
    tab.tabIndex = isOpen ? 0 : -1;
    if (isOpen) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
};

/** Opens a panel, or all of them in one column. */
const openPanel = (id) => {
  openTab = id;
  page.awaited = null;
  for (const panel of document.querySelectorAll("main > .panel")) {
    panel.hidden = Boolean(panel.dataset.absent) || (id !== "all" && panel.id !== id);
  }
  root.dataset.tab = id;
  markTabs();
  page.opened(id);
  drawVisible();
};

/** Returns the name in the address; it is empty if the address is damaged. */
const nameInAddress = () => {
  try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; }
};

/** Returns the panel of a figure that may not have been loaded yet. */
const panelOfFigure = (name) => {
  const kind = /^figure-(.+?)(_\d+)?$/.exec(name)?.[1];
  return panels().find((panel) => panel.dataset.kinds.split(" ").includes(kind));
};

/** Opens what the address names: a panel, something within a panel, or a trial. */
const openAddress = () => {
  const name = nameInAddress();
  const trial = /^trial-(\d+)$/.exec(name);
  const target = name && byId(name);
  const panel = target ? target.closest("main > .panel") : panelOfFigure(name);
  const known = panels().map((one) => one.id);
  if (name === "all" || (panel && known.includes(panel.id))) openPanel(name === "all" ? name : panel.id);
  else if (!openTab) openPanel(trial && known.includes("trials") ? "trials" : known[0] || "all");
  if (trial) showTrial(Number(trial[1]));
  else if (target && panel && target !== panel) target.scrollIntoView();
  else if (!target && panel) page.awaited = name;
};

const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

/** Makes the tabs work: by a click, by arrows, by the address. */
const startTabs = () => {
  const list = byId("tabs");
  list.addEventListener("keydown", (event) => {
    const tabs = [...list.children];
    const at = tabs.findIndex((tab) => tab.dataset.of === openTab);
    const to = event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : event.key in step ? at + step[event.key] : null;
    if (to === null) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });
  addEventListener("hashchange", openAddress);
  showTabs();
  openAddress();
};
