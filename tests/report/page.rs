//! The page, opened in a browser: it draws everything, logs no error, and takes names for text.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use hpo_core::report::{Report, ReportContents};
use hpo_core::space::Value;
use hpo_core::trial::{Direction, State};
use hpo_tests::Folder;

use super::{TestStudy, conditional};

/// Chromium, where it is installed or required.
fn chromium(what: &str) -> Option<PathBuf> {
    use std::io::Write as _;
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests stand in the workspace");
    let is_required = std::env::var_os("HPO_REQUIRE_CHROMIUM").is_some_and(|value| value == "1");
    if is_required {
        let output =
            Command::new(root.join("scripts/chromium.sh")).output().expect("the script runs");
        assert!(
            output.status.success(),
            "Chromium cannot be installed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        return Some(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let named = std::env::var_os("HPO_CHROMIUM").map(PathBuf::from);
    let found = named
        .into_iter()
        .chain(["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from));
    let works = |path: &PathBuf| {
        Command::new(path).arg("--version").output().is_ok_and(|output| output.status.success())
    };
    let found = found.into_iter().find(works);
    if found.is_none() {
        let _ = writeln!(
            std::io::stderr(),
            "left out, since Chromium is not installed (run scripts/chromium.sh): {what}"
        );
    }
    found
}

/// The page with all its panels as it stands after its scripts have run, in a window so high that
/// all of it can be seen.
fn opened(chromium: &Path, folder: &Folder, page: &Path) -> String {
    let output = Command::new(chromium)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-sync",
        ])
        .args([
            "--disable-component-update",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--virtual-time-budget=60000",
        ])
        .args(["--window-size=1200,12000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path("profile").display()))
        .arg(format!("file://{}#all", page.display()))
        .output()
        .expect("Chromium runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What the script notes on the root of the page.
fn data_attribute<'a>(dom: &'a str, name: &str) -> &'a str {
    let start =
        dom.find(&format!("data-{name}=\"")).unwrap_or_else(|| panic!("there is no data-{name}"));
    let rest = &dom[start + name.len() + 7..];
    &rest[..rest.find('"').expect("an attribute ends")]
}

/// How long that takes: `scripts/page_time.sh PAGE` measures any page.
#[test]
fn a_page_of_ten_thousand_trials_draws_all_its_figures_without_an_error() {
    let Some(chromium) = chromium("a page of 10,000 trials in a browser") else { return };
    let folder = Folder::new("page");
    let study = conditional("ten thousand", 10_000);
    let contents = ReportContents {
        importances: vec![("learning_rate".to_owned(), 0.8), ("layers".to_owned(), 0.1)],
        advice: vec!["go on".to_owned()],
        params: Vec::new(),
    };
    let report = Report::with(&[study.view()], &contents);
    let page = folder.path("report.html");
    report.html(&page).expect("it can be written");
    let size = std::fs::metadata(&page).expect("it is there").len();
    assert!(size < 6_000_000, "the page has {size} bytes");
    let dom = opened(&chromium, &folder, &page);
    assert_eq!(data_attribute(&dom, "errors"), "[]");
    assert_eq!(data_attribute(&dom, "drawn"), report.figures().len().to_string());
    for figure in report.figures() {
        assert!(
            dom.contains(&format!("id=\"figure-{}\"", figure.kind())),
            "{} is missing",
            figure.kind()
        );
    }
    assert!(dom.matches("class=\"point").count() > 3_000, "points are drawn");
    assert!(dom.contains("page 1 of 400, 10,000 trials"), "the table is paged");
    assert!(dom.contains("<li>go on</li>"));
    assert!(
        dom.contains("id=\"best-json\"") && !dom.contains("id=\"best-rust\""),
        "the space is that of no type"
    );
}

#[test]
fn panels_are_tabs_with_addresses_and_stand_there_without_a_script() {
    let report = Report::of(&[conditional("tabs", 60).view()]);
    let page = report.page(None);
    let before = page.split("<script").next().expect("a page begins without a script");
    for id in ["overview", "history", "parameters", "branches", "trials", "config"] {
        assert!(before.contains(&format!("<div class=\"panel\" id=\"{id}\"")), "{id}");
    }
    assert!(!before.contains("id=\"front\""), "there is one objective");
    assert!(!before.contains("class=\"panel\" hidden"));
    let Some(chromium) = chromium("tabs in a browser") else { return };
    let folder = Folder::new("tabs");
    // A click, arrows, an address of a figure, and that of a trial.
    let script = "<script>setTimeout(() => {
        const seen = [], root = document.documentElement;
        const see = () => seen.push(root.dataset.tab + location.hash);
        const press = (key) => document.querySelector('[role=tab][aria-selected=true]')
            .dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
        see();
        document.getElementById('tab-history').click(); see();
        press('ArrowRight'); see();
        press('Home'); see();
        press('ArrowLeft'); see();
        location.hash = '#figure-slice';
        setTimeout(() => { see(); location.hash = '#trial-3'; }, 300);
        setTimeout(() => { see(); seen.push(document.querySelector('dialog h2').textContent);
            seen.push([...document.querySelectorAll('.panel')].filter((one) => !one.hidden)
                .map((one) => one.id)); root.dataset.seen = seen.join(); }, 900);
        }, 3000)</script></body>";
    let page = page.replace("</body>", script);
    std::fs::write(folder.path("report.html"), page).expect("it can be written");
    let dom = opened(&chromium, &folder, &folder.path("report.html"));
    assert_eq!(data_attribute(&dom, "errors"), "[]");
    assert_eq!(
        data_attribute(&dom, "seen"),
        "all#all,history#history,curves#curves,overview#overview,all#all,\
         parameters#figure-slice,parameters#trial-3,Trial 3,parameters"
    );
}

#[test]
fn filters_draw_anew_and_the_table_sorts() {
    let Some(chromium) = chromium("filters in a browser") else { return };
    let folder = Folder::new("filters");
    let study = conditional("filters", 60);
    let report = Report::of(&[study.view()]);
    let adams = study
        .view()
        .params()
        .iter()
        .find(|id| study.view().param(**id).path == "optimizer")
        .copied();
    let is_adam = |number: &u64| {
        study.view().value(*number, adams.expect("declared")) == Some(Value::Choice(0))
    };
    // Pruned and failed trials are hidden, and those with adam; the table is sorted by value.
    let script = "<script>const boxes = document.querySelectorAll('#filters input'); boxes[1].click(); boxes[2].click(); \
                  boxes[3].click(); document.querySelectorAll('#table th button')[2].click();\
                  setTimeout(() => { const traces = document.querySelector('#figure-history .js-plotly-plot').data;\
                  document.documentElement.dataset.seen = traces[0].customdata.join() + '|' + traces[1].y.at(-1); }, 3000);</script></body>";
    // When the first figures have been drawn.
    let script = script
        .replace("<script>", "<script>setTimeout(() => {")
        .replace("</script></body>", "}, 3000)</script></body>");
    let page = report.page(None).replace("</body>", &script);
    std::fs::write(folder.path("report.html"), page).expect("it can be written");
    let dom = opened(&chromium, &folder, &folder.path("report.html"));
    assert_eq!(data_attribute(&dom, "errors"), "[]");
    let shown: Vec<u64> = study.trials.complete().filter(|number| !is_adam(number)).collect();
    let best =
        shown.iter().map(|number| study.trials.values(*number)[0]).fold(f64::INFINITY, f64::min);
    let (numbers, last) = data_attribute(&dom, "seen").split_once('|').expect("both were noted");
    assert_eq!(numbers, shown.iter().map(ToString::to_string).collect::<Vec<_>>().join(","));
    assert!(
        (last.parse::<f64>().expect("a number") - best).abs() < 1e-6,
        "the best of those that are shown"
    );
    assert!(
        dom.contains(&format!("page 1 of {}, {} trials", shown.len().div_ceil(25), shown.len())),
        "so is the table"
    );
    assert!(dom.contains("value ↑"), "it is sorted by value");
    assert!(dom.contains("Shows all trials, regardless of the filters."));
}

#[test]
fn of_several_studies_one_is_chosen_and_filtered() {
    let Some(chromium) = chromium("a choice of studies in a browser") else { return };
    let folder = Folder::new("several");
    let (first, mut second) = (conditional("first", 40), conditional("second", 60));
    second.metrics = vec!["accuracy".to_owned()];
    let report = Report::of(&[first.view(), second.view()]);
    // The second study is chosen, and its pruned trials are hidden.
    let script = "<script>setTimeout(() => { const select = document.querySelector('#filters select'); select.selectedIndex = 1; \
                  select.dispatchEvent(new Event('change')); document.querySelectorAll('#filters input')[1].click(); \
                  document.documentElement.dataset.seen = [...document.querySelectorAll('.study')].map((one) => one.hidden).join(); \
                  }, 3000)</script></body>";
    std::fs::write(folder.path("report.html"), report.page(None).replace("</body>", script))
        .expect("it can be written");
    let dom = opened(&chromium, &folder, &folder.path("report.html"));
    assert_eq!(data_attribute(&dom, "errors"), "[]");
    assert_eq!(
        data_attribute(&dom, "seen"),
        "true,false,true,false",
        "the overview and the config are those of the chosen one"
    );
    assert_eq!(
        dom.matches("id=\"figure-history\"").count(),
        1,
        "history and distribution stand there once, for both"
    );
    let kept =
        60 - (0..60).filter(|number| second.trials.state(*number) == Some(State::Pruned)).count();
    assert!(
        dom.contains(&format!("page 1 of 2, {kept} trials")),
        "the table is of the chosen one, without its pruned trials"
    );
    assert!(dom.contains("accuracy over each parameter"), "so are the figures");
    assert!(dom.contains("id=\"best-json\"") && dom.contains("id=\"best-json-1\""));
}

#[test]
fn names_with_tags_and_quotes_are_text() {
    let evil =
        "</script><script>document.title='taken'</script><img src=x onerror=\"alert('1')\">&amp;";
    let mut study = TestStudy::new(evil, &[Direction::Minimize]);
    let (x, y) = (study.float(evil), study.float("<b>y</b>"));
    for index in 0..5 {
        let at = f64::from(index);
        study.complete(vec![(x, Value::Float(at)), (y, Value::Float(at))], &[at]);
    }
    let failed = study.add(State::Failed, Vec::new(), &[], Vec::new());
    study.trials.set_message(failed, evil);
    let contents = ReportContents { advice: vec![evil.to_owned()], ..ReportContents::default() };
    let report = Report::with(&[study.view()], &contents);
    let page = report.page(None);
    assert!(!page.contains("<script>document.title"), "a name became a script");
    assert!(!page.contains("<img src=x"), "a name became a tag");
    let Some(chromium) = chromium("hostile names in a browser") else { return };
    let folder = Folder::new("names");
    report.html(folder.path("report.html")).expect("it can be written");
    let dom = opened(&chromium, &folder, &folder.path("report.html"));
    assert_eq!(data_attribute(&dom, "errors"), "[]");
    assert_eq!(data_attribute(&dom, "drawn"), report.figures().len().to_string());
    assert!(dom.contains("<title>&lt;/script&gt;"), "the title is the study's name as text");
    assert!(!dom.contains("<img src"), "a name became an image");
    assert!(!dom.contains("<b>y</b>"), "a name became bold");
}

#[test]
fn a_page_needs_no_network_and_says_so_to_the_browser() {
    let page = Report::of(&[conditional("alone", 30).view()]).page(None);
    let own = page.split("<script>").next().expect("what stands before plotly.js");
    assert!(own.contains("default-src 'none'"), "the browser is told to load nothing");
    for word in ["src=", "href=", "@import", "url("] {
        assert!(!own.contains(word), "the page loads something: {word}");
    }
    assert!(!page.contains("http-equiv=\"refresh\""));
}

#[test]
fn a_framed_page_is_one_element_of_another_page() {
    let framed = Report::of(&[conditional("framed", 30).view()]).framed();
    assert!(framed.starts_with("<iframe srcdoc=\"&lt;!DOCTYPE html&gt;"));
    assert_eq!(framed.matches('<').count(), 2, "nothing of the page is read by the page around it");
    assert_eq!(framed.matches('"').count(), 6, "no quote of the page ends the attribute");
}

#[test]
fn of_much_advice_the_first_stands_there_and_the_rest_behind_a_click() {
    let advice: Vec<String> = (0..30).map(|number| format!("do number {number}")).collect();
    let page = Report::with(
        &[conditional("advice", 30).view()],
        &ReportContents { advice, ..ReportContents::default() },
    )
    .page(None);
    let (before, after) =
        page.split_once("<summary>and 20 more</summary>").expect("the rest is behind a click");
    assert!(before.contains("<li>do number 9</li>") && after.contains("<li>do number 10</li>"));
}

#[test]
fn a_page_tells_what_the_best_config_is_worth_beside_its_lucky_value() {
    let mut study = TestStudy::new("lucky", &[Direction::Minimize]);
    let x = study.float("x");
    // Two configs, run six times each: the other five of the first have the mean 3.
    for run in 0..6 {
        study.complete(vec![(x, Value::Float(1.0))], &[f64::from(run)]);
        study.complete(vec![(x, Value::Float(2.0))], &[10.0 + f64::from(run)]);
    }
    let report = Report::of(&[study.view()]);
    let page = report.page(None);
    let expected = "trial 0, value 0</h2>\n<p class=\"expectation\">the expected value of its config is 3 (95 % interval: 1.138 to 4.862), by the mean of its 5 other runs.</p>";
    let best = page.split("Best config: ").nth(1).and_then(|rest| rest.split("<div").next());
    assert!(best.is_some_and(|best| best.trim_end() == expected), "{best:?}");
    let estimate = report.best().and_then(|best| best.expectation.clone());
    assert!(
        estimate.is_some() && estimate == report.overviews()[0].expectation,
        "one expectation, wherever it stands"
    );
    assert!(
        report.advice().iter().any(|line| line.contains("expected value of its config is 3 ")),
        "{:?}",
        report.advice()
    );
    // There is no expectation if luck cannot be distinguished from a good config.
    assert!(
        !Report::of(&[conditional("few", 5).view()]).page(None).contains("class=\"expectation\"")
    );
}

#[test]
fn a_live_page_loads_itself_anew() {
    let page = Report::of(&[conditional("live", 30).view()]).page(Some(Duration::from_secs(3)));
    assert!(page.contains("<meta http-equiv=\"refresh\" content=\"3\">"));
    assert!(page.contains("again every 3 s"));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let report = Report::of(&[conditional("nowhere", 3).view()]);
    let error = report.html("no/such/folder/report.html").expect_err("there is no such folder");
    assert!(error.to_string().contains("no/such/folder/report.html"), "{error}");
}
