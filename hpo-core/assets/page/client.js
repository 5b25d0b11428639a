// Requests to the server, with the token where one is needed, and the stream of changes.

const TOKEN = "hpo:token";

/** A request that the server did not carry out. */
class Refused extends Error {
  constructor(status, body) {
    super(body.error || "the server answered " + status);
    Object.assign(this, { status, remedy: body.remedy || "", field: body.field });
  }
}

const headersOf = (body, key) => {
  const token = remembered(TOKEN, "");
  return {
    ...(token ? { Authorization: "Bearer " + token } : {}),
    ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    ...(key === undefined ? {} : { "Idempotency-Key": key }),
  };
};

/** Sends a request, and asks for the token if the server wants one. */
const send = async (path, { method = "GET", body, signal, key } = {}) => {
  for (;;) {
    const response = await fetch(path, { method, headers: headersOf(body, key), body: body === undefined ? undefined : JSON.stringify(body), signal, cache: "no-store" });
    if (response.status !== 401) return response;
    await askToken(remembered(TOKEN, "") !== "");
  }
};

/** Returns a random text, by which the server knows a request that it gets twice. */
const randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Returns the answer of the server as JSON. A busy server is asked again. */
const call = async (path, options) => {
  const key = options?.method === "POST" ? randomKey() : undefined;
  for (let pause = 300; ; pause *= 2) {
    const response = await send(path, { ...options, key });
    if (response.ok) return response.json();
    const refused = new Refused(response.status, await response.json().catch(() => ({})));
    if (response.status !== 503 || pause > 5000) throw refused;
    await later(pause);
  }
};

const later = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

let asking = null;

/** Asks for the token in a form, once however many requests need it. */
const askToken = (wasWrong) => {
  asking ??= new Promise((resolve) => {
    const dialog = make("dialog", undefined, document.body);
    const form = make("form", undefined, dialog);
    form.method = "dialog";
    make("h2", "This server needs its token", form);
    if (wasWrong) make("p", "That token is not the one of this server.", form).className = "problem";
    const label = make("label", "Token ", form);
    const input = make("input", undefined, label);
    Object.assign(input, { type: "password", required: true, autocomplete: "current-password", name: "token", pattern: "[ -~]+", title: "ASCII characters only" });
    make("p", "It is kept until this tab is closed.", form).className = "note";
    make("button", "Continue", form);
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.addEventListener("close", () => {
      remember(TOKEN, input.value.trim());
      dialog.remove();
      asking = null;
      resolve();
    });
    dialog.showModal();
  });
  return asking;
};

/** Reads a stream of events, and calls `changed` with the data of each. It ends when the tab is hidden: browsers allow few connections to a server. */
const readEvents = async (path, changed, connected) => {
  const control = new AbortController();
  let watchdog;
  // The server sends something every 15 seconds.
  const alive = () => { clearTimeout(watchdog); watchdog = setTimeout(() => control.abort(), 45000); };
  alive();
  const hide = () => { if (document.hidden) control.abort(); };
  document.addEventListener("visibilitychange", hide);
  try {
    const response = await send(path, { signal: control.signal });
    if (!response.ok) throw new Refused(response.status, await response.json().catch(() => ({})));
    connected(true);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { value, done } = await reader.read();
      if (done) return;
      alive();
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line.startsWith("data: ")) changed(JSON.parse(line.slice(6)));
    }
  } finally {
    clearTimeout(watchdog);
    document.removeEventListener("visibilitychange", hide);
    control.abort();
  }
};

/** Waits until the tab is visible. */
const visible = async () => {
  while (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
};

/** Follows the changes for as long as the page is open and visible; after a loss, it connects again. */
const follow = async (path, changed, connected) => {
  for (let pause = 500; ; pause = Math.min(pause * 2, 10000)) {
    await visible();
    try {
      await readEvents(path, changed, (isOn) => { pause = 500; connected(isOn); });
    } catch (error) {
      if (error instanceof Refused && error.status === 404) { connected(false, error.message); return; }
    }
    if (document.hidden) continue;
    connected(false);
    await later(pause);
  }
};

/** Shows whether the page is connected. */
const showConnection = (isOn, why) => {
  const status = byId("status");
  status.textContent = why || (isOn ? "live" : "not connected: trying again");
  status.className = "written " + (isOn ? "on" : "off");
};

let plotly = null;

/** Loads the library that draws, once. If that fails, the next call tries again. */
const loadPlotly = () => plotly ??= new Promise((resolve) => {
  const script = make("script");
  script.src = document.querySelector("script[data-plotly]").dataset.plotly;
  script.addEventListener("load", () => { drawVisible(); resolve(); });
  script.addEventListener("error", () => {
    plotly = null;
    script.remove();
    showConnection(false, "plotly.js was not loaded");
    resolve();
  });
  document.head.append(script);
});
