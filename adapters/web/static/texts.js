// The words of the page, in the language that the server wrote into <html lang>.

let texts = {};
let plurals = new Intl.PluralRules("en");

export const language = () => document.documentElement.lang;

export async function load() {
  const name = language().replace("-", "_");
  texts = await (await fetch(`/static/texts/${name}.json`)).json();
  plurals = new Intl.PluralRules(language());
}

/** The text of a key, its {placeholders} filled; `number` chooses between singular and plural. */
export function say(key, facts = {}) {
  let text = texts[key] ?? key;
  if (typeof text === "object") text = text[plurals.select(facts.number)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
}

export const number = (value, options) => new Intl.NumberFormat(language(), options).format(value);

export function cost({ amount, unit }) {
  if (amount === 0) return say("free");
  if (unit === "points") {
    return say("points", { number: number(amount, { maximumFractionDigits: 2 }) });
  }
  return number(amount, { style: "currency", currency: unit, maximumFractionDigits: 4 });
}

/** Fill every element below `root` that names a text. */
export function apply(root) {
  for (const element of root.querySelectorAll("[data-text]")) {
    element.textContent = say(element.dataset.text);
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
    if (element.matches(".icon-button, .send, .to-end")) element.title = say(element.dataset.label);
  }
  for (const element of root.querySelectorAll("[data-title]")) {
    element.title = say(element.dataset.title);
  }
  for (const element of root.querySelectorAll("[data-placeholder]")) {
    element.placeholder = say(element.dataset.placeholder);
  }
}

/** A moment in a person's own time; of today only the time of day. */
export function moment(seconds) {
  const when = new Date(seconds * 1000);
  const isToday = when.toDateString() === new Date().toDateString();
  const style = isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  return new Intl.DateTimeFormat(language(), style).format(when);
}
