// One request and its one live answer.

import { element, icon, setText } from "./elements.js";
import { cost, moment, number, say } from "./texts.js";

const FINAL = ["succeeded", "failed", "cancelled"];
const ICONS = { dismiss: "delete", send: "retry" }; // of the buttons that only the page has

export class Card {
  /** `hooks`: act(card, button, number), open(card, index), mark(picture, favourite),
   *  show(jobId). */
  constructor(hooks) {
    this.hooks = hooks;
    this.job = null;
    this.draft = null;
    this.received = 0;
    this._build();
  }

  /** A request that the server has not answered yet. */
  static ofDraft(draft, hooks) {
    const card = new Card(hooks);
    card.draft = draft;
    card._ask(draft.text, draft.references.map(({ url }) => url));
    card._state("queued", say("acknowledged"));
    card._tiles({ count: draft.options.count ?? 1, ratio: draft.options.aspect_ratio, pictures: [] });
    return card;
  }

  static ofJob(job, hooks) {
    const card = new Card(hooks);
    card.update(job);
    return card;
  }

  get isFinal() {
    return this.job !== null && FINAL.includes(this.job.status);
  }

  get createdAt() {
    return this.job?.created_at ?? Infinity;
  }

  /** Look as the job does now. */
  update(job) {
    this.job = job;
    this.draft = null;
    this.received = performance.now();
    this.element.dataset.job = job.job_id;
    this._ask(job.text || job.prompt, job.references.map(({ image_url }) => image_url));
    this._state(job.status, job.headline);
    this._bar();
    this._tiles({ count: job.count, ratio: job.aspect_ratio, pictures: job.pictures });
    this._madeFrom(job.made_from);
    this._facts(factsOf(job));
    this._notes(job.notes);
    this._failure(job.failure);
    this._buttons(job.buttons, moreOf(job));
    this.tick();
  }

  /** The seconds go on between two events. */
  tick() {
    const running = this.job?.status === "running" && this.job.step > 0;
    this.parts.clock.hidden = !running;
    if (!running) return;
    const elapsed = this.job.elapsed + (performance.now() - this.received) / 1000;
    setText(
      this.parts.clock,
      say("clock", { elapsed: number(Math.floor(elapsed)), longest: number(this.job.expected[1]) }),
    );
    if (elapsed > this.job.expected[1]) setText(this.parts.headline, say("almost"));
  }

  /** The request did not reach a job. `error` is an ApiError. */
  refuse(error) {
    const unreachable = error.status === 0;
    this._state("failed", say(unreachable ? "not_sent" : "failed"));
    this._bar();
    this._tiles({ count: 0, pictures: [] });
    this._failure({
      text: unreachable ? say("offline") : error.message || say("broken"),
      advice: unreachable ? say("offline_advice") : error.advice,
    });
    this._buttons([
      { action: "send", label: say("retry") },
      { action: "words", label: say("words") },
      { action: "dismiss", label: say("delete") },
    ]);
  }

  /** The bot answered with words instead of a picture. */
  notice({ key, text, question, answers = [], pictures = [] }) {
    this.job = { status: "notice", pictures };
    this.question = question;
    this._state("notice", "");
    this._tiles({ count: 0, pictures });
    this.parts.words.hidden = false;
    setText(this.parts.words, key === "ask_picture" ? `${text}\n${say("give_picture")}` : text);
    this._buttons(answers.map(({ number, label }) => ({ action: "answer", label, number })));
  }

  /** What a screen reader says about it now. */
  get summary() {
    if (this.job?.failure) return `${this.job.failure.text} ${this.job.failure.advice}`;
    return this.job?.message?.split("\n")[0] ?? "";
  }

  /** Bring it into view, with the keyboard on it. */
  focus() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.element.scrollIntoView({ block: "start", behavior: calm ? "instant" : "smooth" });
    this.element.querySelector("button, a")?.focus({ preventScroll: true });
  }

  _build() {
    const parts = {
      thumbnails: element("div.thumbnails", { hidden: true }),
      text: element("p"),
      mark: element("span.mark", { "aria-hidden": "true" }),
      headline: element("h2.headline"),
      clock: element("span.clock", { hidden: true }),
      bar: element("div.bar", { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, hidden: true }),
      fill: element("div.fill"),
      percent: element("span.percent", { hidden: true }),
      words: element("p.words", { hidden: true }),
      tiles: element("div.tiles", { hidden: true }),
      from: element("p.from", { hidden: true }),
      facts: element("ul.facts", { hidden: true }),
      notes: element("ul.notes", { hidden: true }),
      failure: element("div.failure", { hidden: true }),
      buttons: element("div.buttons", { hidden: true }),
    };
    parts.bar.setAttribute("aria-label", say("progress"));
    parts.bar.append(parts.fill);
    this.parts = parts;
    const { thumbnails, text, mark, headline, clock, bar, percent, words } = parts;
    const { tiles, from, facts, notes, failure, buttons } = parts;
    this.element = element(
      "li.turn",
      {},
      element("div.said", {}, element("span.hidden", { textContent: say("you") }), thumbnails, text),
      element(
        "article.answer",
        {},
        element("header", {}, mark, headline, percent, clock),
        bar, words, failure, tiles, from, facts, notes, buttons,
      ),
    );
  }

  _ask(text, thumbnails) {
    setText(this.parts.text, text);
    this.parts.text.tabIndex = text.length > 400 ? 0 : -1; // the keyboard can scroll a long one
    const shown = [...this.parts.thumbnails.children].map((image) => image.getAttribute("src"));
    if (shown.join() === thumbnails.join()) return;
    this.parts.thumbnails.hidden = !thumbnails.length;
    this.parts.thumbnails.replaceChildren(...thumbnails.map(thumbnail));
  }

  _state(status, headline) {
    const { mark } = this.parts;
    if (this.element.dataset.status !== status) {
      this.element.dataset.status = status;
      const sign = { succeeded: "check", failed: "failed", cancelled: "cancel" }[status];
      mark.replaceChildren(...(sign ? [icon(sign)] : []));
    }
    setText(this.parts.headline, headline);
  }

  _bar() {
    const { bar, fill, percent } = this.parts;
    const running = this.job?.status === "running" && this.job.step > 0;
    bar.hidden = percent.hidden = !running;
    if (!running) return;
    bar.setAttribute("aria-valuenow", this.job.percent);
    fill.style.width = `${Math.max(2, this.job.percent)}%`;
    setText(percent, number(this.job.percent / 100, { style: "percent" }));
  }

  /** Frames in the shape of the picture, which are then filled with it. */
  _tiles({ count, ratio, pictures }) {
    const { tiles } = this.parts;
    const ended = this.job && FINAL.includes(this.job.status);
    const wanted = pictures.length || (ended ? 0 : count);
    const key = pictures.map((picture) => picture.image_id).join() || `${wanted} ${ratio}`;
    if (tiles.dataset.key === key) return pictures.forEach(showMark);
    tiles.dataset.key = key;
    tiles.hidden = !wanted;
    tiles.dataset.count = wanted;
    const [width, height] = (ratio ?? "1:1").split(":").map(Number);
    const first = pictures[0] ?? { width, height };
    tiles.style.setProperty("--ratio", first.width / first.height);
    const made = pictures.length
      ? pictures.map((picture, index) => this._tile(picture, index, pictures.length))
      : Array.from({ length: wanted }, () => frame(element("div.tile.making"), width, height));
    tiles.replaceChildren(...made);
  }

  _tile(picture, index, total) {
    if (this.question) return this._choice(picture, index);
    const { alt } = picture;
    const open = element(
      "button.look",
      { type: "button", title: say("look"), "aria-label": `${say("look")}: ${alt}`,
        onclick: () => this.hooks.open(this, index) },
    );
    const edit = tool("edit", say("edit"), alt, () => this.hooks.act(this, { action: "edit" }, index + 1));
    const tools = element(
      "div.tile-tools", {}, total > 1 ? edit : null,
      heart(picture, alt, this.hooks.mark), downloadLink(picture, alt),
    );
    const tile = frame(element("div.tile", {}, open, tools), picture.width, picture.height);
    open.append(loaded(picture, alt, tile));
    return tile;
  }

  /** A picture that a question is about: it is the answer of its number. */
  _choice(picture, index) {
    const alt = say("picture_number", { number: index + 1 });
    const choose = element("button.look", {
      type: "button", "aria-label": alt, onclick: () => this.hooks.act(this, { action: "answer", number: index + 1 }),
    });
    const tile = frame(element("div.tile", {}, choose), picture.width, picture.height);
    choose.append(loaded(picture, alt, tile));
    return tile;
  }

  /** What it was made from, and the way back to it. */
  _madeFrom(source) {
    const { from } = this.parts;
    from.hidden = !source;
    if (from.dataset.key === source?.text) return;
    from.dataset.key = source?.text ?? "";
    const go = () => this.hooks.show(source.job_id);
    from.replaceChildren(
      ...(source ? [element("button", { type: "button", onclick: go }, icon("before"), element("span", { textContent: source.text }))] : []),
    );
  }

  _facts(facts) {
    const { facts: list } = this.parts;
    const key = facts.map(({ text }) => text).join("|");
    if (list.dataset.key === key) return;
    list.dataset.key = key;
    list.hidden = !facts.length;
    list.replaceChildren(
      ...facts.map(({ text, title }) => element("li", { textContent: text, title })),
    );
  }

  _notes(notes) {
    const { notes: list } = this.parts;
    if (list.dataset.key === notes.join("|")) return;
    list.dataset.key = notes.join("|");
    list.hidden = !notes.length;
    list.replaceChildren(...notes.map((textContent) => element("li", { textContent })));
  }

  _failure(failure) {
    this.parts.failure.hidden = !failure || this.job?.status === "cancelled";
    this.parts.failure.replaceChildren(
      element("p", { textContent: failure?.text ?? "" }),
      element("p.advice", { textContent: failure?.advice ?? "" }),
    );
  }

  /** The buttons that matter most, and the others behind one that shows them. */
  _buttons(buttons, more = []) {
    const { buttons: row } = this.parts;
    const key = JSON.stringify([buttons, more]);
    if (row.dataset.key === key) return;
    row.dataset.key = key;
    row.hidden = !buttons.length && !more.length;
    row.replaceChildren(...buttons.map((button) => this._button(button)));
    if (more.length) row.append(...this._more(more));
  }

  _more(more) {
    const rest = element("div.rest", { hidden: true }, ...more.map((button) => this._button(button)));
    const toggle = element(
      "button.button.quiet",
      { type: "button", "aria-expanded": "false", data: { action: "more" } },
      icon("more"),
      element("span", { textContent: say("more") }),
    );
    toggle.addEventListener("click", () => {
      rest.hidden = !rest.hidden;
      toggle.setAttribute("aria-expanded", !rest.hidden);
    });
    return [toggle, rest];
  }

  _button(found) {
    const { action, label } = found;
    const button = element(
      "button.button.quiet",
      { type: "button", data: { action }, onclick: () => this._press(button, found) },
      icon(ICONS[action] ?? action),
      element("span", { textContent: label }),
    );
    return button;
  }

  async _press(button, found) {
    button.disabled = true;
    try {
      await this.hooks.act(this, found);
    } finally {
      button.disabled = false;
    }
  }
}

/** What is asked for less often: what the server says, and another ratio, which is chosen here. */
export function moreOf({ more, pictures }) {
  if (!pictures.length) return more;
  return [{ action: "ratio", label: say("other_ratio"), one_picture: true }, ...more];
}

export const range = ([shortest, longest]) =>
  say(shortest === longest ? "range_one" : "range", {
    shortest: number(shortest),
    longest: number(longest),
  });

/** What is told of a request in one line: model, real pixels, seconds, cost, when. */
function factsOf(job) {
  const facts = [{ text: job.made_by, title: `${say("model")}: ${job.model_name}` }];
  const { pictures, count } = job;
  if (count > 1) facts.push({ text: say("pictures", { number: pictures.length || count }), title: say("count") });
  if (pictures.length) {
    facts.push({ text: pixels(pictures[0]), title: say("pixels") });
  } else {
    if (job.size) facts.push({ text: job.size, title: say("size") });
    if (job.aspect_ratio) facts.push({ text: job.aspect_ratio, title: say("ratio") });
  }
  if (job.status === "succeeded" && job.seconds !== null) facts.push(took(job));
  if (job.cost) facts.push({ text: cost(job.cost), title: say("cost") });
  if (pictures.length && !job.demo) facts.push({ text: say("ai") });
  facts.push({ text: moment(job.created_at), title: say("made") });
  return facts;
}

export function took(job) {
  const seconds = number(job.seconds, { maximumFractionDigits: job.seconds < 10 ? 1 : 0 });
  const title = say("took_title", { seconds, range: range(job.expected) });
  return { text: say("took", { seconds }), title };
}

export const pixels = ({ width, height }) => `${width}×${height}`;

/** A picture that says what it waits for, and can be asked for again. */
export function loaded({ image_url: url, width, height }, alt, place, { lazy = true } = {}) {
  const words = element("p.waiting", { textContent: say("loading_picture") });
  const again = element("button.button", {
    type: "button", textContent: say("load_again"), hidden: true,
    onclick: () => {
      again.hidden = true;
      setText(words, say("loading_picture"));
      image.src = url;
    },
  });
  const image = element("img", {
    alt, width, height, loading: lazy ? "lazy" : "eager", decoding: "async",
    onload: () => {
      image.classList.add("here");
      words.remove();
      again.remove();
    },
    onerror: () => {
      setText(words, say("not_loaded"));
      again.hidden = false;
    },
  });
  place.append(words, again);
  image.src = url;
  return image;
}

/** A button that marks a picture as a favourite, or takes the mark away. */
export function heart(picture, alt, mark) {
  const isMarked = () => button.getAttribute("aria-pressed") === "true";
  const button = tool("heart", say("favourite"), alt, () => mark(picture, !isMarked()));
  button.dataset.picture = picture.image_id;
  button.setAttribute("aria-pressed", picture.favourite);
  return button;
}

/** Let every such button of a picture say whether it is a favourite. */
export function showMark({ image_id: id, favourite }) {
  for (const button of document.querySelectorAll(`[data-picture="${id}"]`)) {
    button.setAttribute("aria-pressed", favourite);
  }
}

const tool = (name, label, alt, onclick) =>
  element(
    "button.icon-button",
    { type: "button", title: label, "aria-label": `${label}: ${alt}`, onclick, data: { tool: name } },
    icon(name),
  );

export const downloadLink = (picture, alt) =>
  element(
    "a.icon-button",
    { href: picture.download_url, download: "", title: say("download"),
      "aria-label": `${say("download")}: ${alt}` },
    icon("download"),
  );

function thumbnail(src) {
  const image = element("img", { src, alt: say("references"), loading: "lazy", onerror: () => image.remove() });
  return image;
}

/** Reserve the space of a picture before it is there. */
function frame(tile, width, height) {
  tile.style.setProperty("--ratio", width / height);
  return tile;
}
