//! Chromium without a screen, driven over its debugging protocol by a pipe.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

/// The time in which a page must show what is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
pub(crate) struct Browser {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<String>,
    last: u64,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a browser; `None` if Chromium is not installed and not required.
    pub(crate) fn open(what: &str) -> Option<Self> {
        let chromium = chromium(what)?;
        let profile = tempfile::tempdir().unwrap();
        // The pipe has the numbers 3 and 4.
        let mut process = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 1>/dev/null 2>/dev/null", "sh"])
            .arg(chromium)
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"])
            .args(["--no-first-run", "--disable-background-networking", "--disable-sync"])
            .args(["--disable-component-update", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut browser =
            Self { process, input, output, session: None, last: 0, _profile: profile };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attached = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", attached);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        let size = json!({"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": false});
        browser.call("Emulation.setDeviceMetricsOverride", size);
        Some(browser)
    }

    pub(crate) fn go(&mut self, address: &str) {
        self.call("Page.navigate", json!({"url": address}));
    }

    /// Evaluates an expression in the page.
    pub(crate) fn value(&mut self, expression: &str) -> Json {
        let evaluate = json!({
            "expression": expression, "returnByValue": true, "awaitPromise": true
        });
        let answer = self.call("Runtime.evaluate", evaluate);
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) fn wait(&mut self, expression: &str) {
        let begin = Instant::now();
        while self.value(&format!("Boolean({expression})")) != json!(true) {
            if begin.elapsed() > PATIENCE {
                let text = self.value("document.body.innerText");
                panic!("this did not become true: {expression}\n{text}");
            }
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Clicks with the mouse on the middle of an element.
    pub(crate) fn click(&mut self, element: &str) {
        self.wait(&format!("({element})?.checkVisibility()"));
        let place = self.value(&format!(
            "(() => {{ const one = {element}; one.scrollIntoView({{block: 'center'}}); \
             const box = one.getBoundingClientRect(); \
             return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1
            });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Presses a key.
    pub(crate) fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "ArrowRight" => 39,
            key => panic!("this key has no code: {key}"),
        };
        for kind in ["rawKeyDown", "keyUp"] {
            let event =
                json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Writes a text into a field in place of what it contains.
    pub(crate) fn write(&mut self, element: &str, text: &str) {
        self.wait(element);
        self.value(&format!("({element}).focus(), ({element}).select?.()"));
        self.call("Input.insertText", json!({"text": text}));
    }

    fn call(&mut self, method: &str, params: Json) -> Json {
        self.last += 1;
        let mut request = json!({"id": self.last, "method": method});
        request["params"] = params;
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        self.input.write_all(format!("{request}\0").as_bytes()).unwrap();
        loop {
            let mut message = Vec::new();
            self.output.read_until(0, &mut message).unwrap();
            assert!(message.pop().is_some(), "the browser ended");
            let message: Json = serde_json::from_slice(&message).unwrap();
            if message["id"] == self.last {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].clone();
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns Chromium, where it is installed; it must be if `HPO_REQUIRE_CHROMIUM` is 1.
fn chromium(what: &str) -> Option<PathBuf> {
    let named = std::env::var_os("HPO_CHROMIUM").map(PathBuf::from);
    let usual = ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from);
    let works = |path: &PathBuf| {
        Command::new(path).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    let found = named.into_iter().chain(usual).find(works);
    let is_required = std::env::var_os("HPO_REQUIRE_CHROMIUM").is_some_and(|value| value == "1");
    assert!(found.is_some() || !is_required, "Chromium is not installed: run scripts/chromium.sh");
    if found.is_none() {
        eprintln!("left out, since Chromium is not installed (run scripts/chromium.sh): {what}");
    }
    found
}
