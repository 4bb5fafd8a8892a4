// What can be chosen: models, sizes, ratios, counts, as the server offers them.

import * as api from "./api.js";
import { element, shape } from "./elements.js";
import { range } from "./card.js";
import { cost, say } from "./texts.js";

export class Offer {
  /** What `/api/models` says. */
  constructor({ models, default: defaults, premium, max_count: maxCount, ratios, common_ratios: common }) {
    this.models = models;
    this.ratioNames = ratios;
    this.commonRatios = common;
    this.defaults = defaults;
    this.premium = premium;
    this.maxCount = maxCount;
  }

  static async load() {
    return new Offer(await api.models());
  }

  model(id) {
    return this.models.find((model) => model.id === id) ?? this.model_by_default;
  }

  get model_by_default() {
    return this.models.find((model) => model.id === this.defaults.model) ?? this.models[0];
  }

  get sizes() {
    return [...new Set(this.models.flatMap((model) => model.sizes))].sort(
      (a, b) => pixels(a) - pixels(b),
    );
  }

  get ratios() {
    const all = [...new Set(this.models.flatMap((model) => model.aspect_ratios))];
    const first = this.commonRatios.filter((ratio) => all.includes(ratio));
    return { first, more: all.filter((ratio) => !first.includes(ratio)) };
  }

  /** The smallest number of references that some model takes no more than. */
  references(id) {
    return this.model(id).max_references;
  }
}

const pixels = (size) => (size.endsWith("K") ? parseFloat(size) * 1024 : parseFloat(size));

/** Put options into a <select>, keeping what is chosen where it is still possible. */
export function fill(select, entries, chosen = select.value) {
  select.replaceChildren(
    ...entries.map((entry) =>
      entry.options
        ? element("optgroup", { label: entry.label }, ...entry.options.map(option))
        : option(entry),
    ),
  );
  const possible = [...select.options].some((item) => item.value === chosen && !item.disabled);
  select.value = possible ? chosen : "";
  if (select.selectedIndex < 0) select.selectedIndex = 0;
}

function option({ value, text, ratio, supported = true }) {
  const made = element(
    "option",
    { value, disabled: !supported, title: supported ? "" : say("unsupported") },
    ratio ? shape(ratio) : null,
    element("span", { textContent: text }),
  );
  made.setAttribute("aria-label", text);
  return made;
}

export const sizeEntries = (offer, model, first) => [
  first,
  ...offer.sizes.map((size) => ({ value: size, text: size, supported: model.sizes.includes(size) })),
];

export function ratioEntries(offer, model, first) {
  const entry = (ratio) => ({
    value: ratio,
    text: offer.ratioNames[ratio],
    ratio,
    supported: model.aspect_ratios.includes(ratio),
  });
  const { first: common, more } = offer.ratios;
  const rest = more.length ? [{ label: say("ratio_more"), options: more.map(entry) }] : [];
  return [first, ...common.map(entry), ...rest];
}

/** The selects of the composer. Only what a person chose is sent: words of the prompt and the
 *  person's defaults decide the rest. */
export class Choices {
  constructor(offer, preferences) {
    this.offer = offer;
    this.preferences = preferences;
    this.changed = () => {};
    this.selects = Object.fromEntries(
      ["model", "size", "ratio", "count"].map((id) => [id, document.getElementById(id)]),
    );
    for (const select of Object.values(this.selects)) {
      select.addEventListener("change", () => {
        this.show();
        this.changed();
      });
    }
    this.show();
  }

  get model() {
    return this.offer.model(this.selects.model.value || this.preferences.model);
  }

  show() {
    const { model, size, ratio, count } = this.selects;
    const usual = this.offer.model(this.preferences.model);
    fill(model, [
      { value: "", text: usual.name },
      ...this.offer.models
        .filter(({ id }) => id !== usual.id)
        .map(({ id, name }) => ({ value: id, text: name })),
    ]);
    fill(size, sizeEntries(this.offer, this.model, { value: "", text: say("size_auto") }));
    fill(ratio, ratioEntries(this.offer, this.model, { value: "", text: say("ratio_auto") }));
    const counts = Array.from({ length: this.offer.maxCount - 1 }, (_, index) => index + 2);
    fill(count, [
      { value: "", text: "×1" },
      ...counts.map((number) => ({ value: String(number), text: `×${number}` })),
    ]);
    for (const select of Object.values(this.selects)) {
      select.classList.toggle("chosen", select.value !== "");
    }
  }

  /** How long the request may take and what it costs, before it is made: "10–25 s · $0.08". */
  get estimate() {
    const { seconds, costs } = this.model;
    const { size, count } = this.value;
    const made = size ?? this.preferences.size ?? this.offer.defaults.size;
    const one = costs[made] ?? costs[""];
    const price = one && cost({ ...one, amount: one.amount * (count ?? 1) });
    return [say("about", { range: range(seconds) }), price].filter(Boolean).join(" · ");
  }

  get value() {
    const { model, size, ratio, count } = this.selects;
    const chosen = {
      model: model.value,
      size: size.value,
      aspect_ratio: ratio.value,
      count: Number(count.value),
    };
    return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value));
  }

  set value({ model = "", size = "", aspect_ratio = "", count = "" }) {
    const { selects } = this;
    selects.model.value = model;
    this.show();
    Object.assign(selects.size, { value: size });
    Object.assign(selects.ratio, { value: aspect_ratio });
    Object.assign(selects.count, { value: String(count) });
    this.show();
  }
}
