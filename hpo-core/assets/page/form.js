// The form by which a config is queued, made from the space.

/** Makes the section with the form; the space is a list of parameters, parents before children. */
const enqueueSection = (path, space, parent) => {
  const section = make("section", undefined, parent);
  section.id = "enqueue";
  make("h2", "Queue a config", section);
  if (space.length === 0) {
    make("p", "The space of this study is not recorded, so no form can be made of it.", section).className = "note";
    return () => {};
  }
  make("p", "It is evaluated before anything is sampled. Parameters of branches that are not chosen are left out.", section).className = "note";
  const form = make("form", undefined, section);
  form.noValidate = true;
  const fields = space.map((param) => makeField(param, form));
  const bar = make("div", undefined, form);
  bar.className = "bar";
  const queue = make("button", "Queue", bar);
  const done = make("p", undefined, form);
  done.role = "status";
  const problem = makeProblem(form);
  const update = () => showActive(fields);
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(path, fields, { queue, problem, done }); });
  update();
  return (params) => { fill(fields, params); update(); };
};

const makeField = (param, form) => {
  const place = make("div", undefined, form);
  place.className = "field";
  const label = make("label", undefined, place);
  make("span", param.path, label).className = "name";
  const input = param.choices ? makeSelect(param, label) : makeInput(param, label);
  input.dataset.path = param.path;
  if (!param.choices) make("span", param.domain, label).className = "note";
  const problem = makeProblem(place);
  problem.id = "problem-" + encodeURIComponent(param.path);
  input.setAttribute("aria-describedby", problem.id);
  return { param, place, input, problem };
};

const makeInput = (param, label) => {
  const input = make("input", undefined, label);
  Object.assign(input, { inputMode: "decimal", autocomplete: "off", value: String(param.default) });
  return input;
};

const makeSelect = (param, label) => {
  const select = make("select", undefined, label);
  param.choices.forEach((choice, index) => { make("option", String(choice), select).value = index; });
  select.value = Math.max(0, param.choices.findIndex((choice) => choice === param.default));
  return select;
};

/** Returns the value of a field as JSON; a text that is no number is sent as it is, and refused by the server. */
const valueOf = ({ param, input }) => {
  if (param.choices) return param.choices[input.value];
  const text = input.value.trim();
  return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
};

/** Returns true if a field is active: its parent is, and has a value that allows it. */
const isActive = (field, fields) => {
  const { parent, variants, above } = field.param;
  if (parent === null) return true;
  const decides = fields[parent];
  const allows = variants ? variants.includes(Number(decides.input.value)) : Number(decides.input.value) > above;
  return allows && isActive(decides, fields);
};

const showActive = (fields) => fields.forEach((field) => { field.place.hidden = !isActive(field, fields); });

const fill = (fields, params) => {
  for (const { param, input } of fields) {
    if (!(param.path in params)) continue;
    const value = params[param.path];
    input.value = param.choices ? Math.max(0, param.choices.findIndex((choice) => choice === value)) : String(value);
  }
};

/** Queues the config once, however often the button is pressed. */
const submit = async (path, fields, { queue, problem, done }) => {
  if (queue.disabled) return;
  queue.disabled = true;
  done.textContent = "";
  [problem, ...fields.map((field) => field.problem)].forEach((place) => showProblem(place, null));
  const active = fields.filter((field) => isActive(field, fields));
  const params = Object.fromEntries(active.map((field) => [field.param.path, valueOf(field)]));
  try {
    const { trial } = await call(path + "/enqueue", { method: "POST", body: { params } });
    done.append("Queued as ");
    make("a", "trial " + trial, done).href = "#trial-" + trial;
  } catch (error) {
    const field = fields.find((field) => field.param.path === error.field);
    showProblem(field ? field.problem : problem, error);
    if (field) field.input.focus();
  } finally { queue.disabled = false; }
};
