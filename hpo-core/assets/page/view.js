// The rest of a page: its theme, times, and buttons that copy.

const themeKey = "hpo:theme";
const setTheme = (theme) => { if (theme) root.dataset.theme = theme; };
setTheme(remembered(themeKey, null));

const startTheme = () => {
  byId("theme").addEventListener("click", () => {
    const theme = getComputedStyle(root).colorScheme.includes("dark") ? "light" : "dark";
    setTheme(theme);
    remember(themeKey, theme);
    redraw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
};

const showTimes = () => {
  for (const time of document.querySelectorAll("time[data-micros]")) {
    time.textContent = new Date(Number(time.dataset.micros) / 1000).toLocaleString();
  }
};

/** Copies a text, and says so on the button. */
const copyText = (text, button) => {
  const say = (word) => { button.textContent = word; };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => say("copied"), () => say("select and copy"));
  else say("select and copy");
};

const startCopies = () => document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copyText(byId(button.dataset.of).textContent, button);
});

const startPage = () => {
  startTheme();
  startCopies();
  showTimes();
};
