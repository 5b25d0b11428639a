// Changes of a study by its reader: notes, and the removal of the study.

/** Shows a problem beside what it is about. */
const showProblem = (place, error) => {
  place.textContent = error ? [error.message, error.remedy].filter(Boolean).join(": ") : "";
  place.hidden = !error;
};

const makeProblem = (parent) => {
  const place = make("p", undefined, parent);
  place.className = "problem";
  place.role = "alert";
  place.hidden = true;
  return place;
};

/** Makes the section with the note of a study; returns a function that shows another text. */
const noteSection = (path, parent) => {
  const section = make("section", undefined, parent);
  section.id = "notes";
  make("h2", "Notes", section);
  const text = make("div", undefined, section);
  text.className = "markdown";
  const form = make("form", undefined, section);
  const area = make("textarea", undefined, form);
  Object.assign(area, { rows: 8, ariaLabel: "the note, in Markdown", hidden: true, maxLength: 100000 });
  const problem = makeProblem(form);
  const save = make("button", "Save", form);
  save.hidden = true;
  let present = "";
  const edit = makeButton("Edit", form, () => setEditing(area.hidden));
  const setEditing = (isOn) => {
    if (isOn) area.value = present;
    area.hidden = save.hidden = !isOn;
    edit.textContent = isOn ? "Cancel" : "Edit";
    showProblem(problem, null);
    if (isOn) area.focus();
  };
  const show = (note) => {
    if (note === present && text.firstChild) return;
    present = note;
    showMarkdown(note || "*There is no note yet.*", text);
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await call(path + "/attributes", { method: "POST", body: { key: "note", value: area.value } });
      show(area.value);
      setEditing(false);
    } catch (error) { showProblem(problem, error); }
  });
  return show;
};

/** Makes the section by which a study is removed. */
const removeSection = (path, name, parent) => {
  const section = make("section", undefined, parent);
  section.id = "remove";
  make("h2", "Remove the study", section);
  make("p", "The study is deleted with all its trials. This cannot be undone.", section);
  const form = make("form", undefined, section);
  const label = make("label", "Type its name to remove it: ", form);
  const input = make("input", undefined, label);
  Object.assign(input, { autocomplete: "off", placeholder: name });
  const button = make("button", "Remove", form);
  button.disabled = true;
  button.className = "danger";
  const problem = makeProblem(form);
  // A field of one line takes no line ends.
  const isTyped = () => input.value === name.replace(/[\r\n]/g, "");
  input.addEventListener("input", () => { button.disabled = !isTyped(); });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!isTyped()) return;
    try {
      await call(path, { method: "DELETE", body: { name } });
      location.href = "/";
    } catch (error) { showProblem(problem, error); }
  });
};
