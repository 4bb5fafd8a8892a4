// One request and its one live answer.

import { element, icon, setText } from "./elements.js";
import { cost, language, number, say } from "./texts.js";

const FINAL = ["succeeded", "failed", "cancelled"];

export class Card {
  /** `actions`: what the buttons do; see Conversation. */
  constructor(actions) {
    this.actions = actions;
    this.job = null;
    this.draft = null;
    this.received = 0;
    this._build();
  }

  /** A request that the server has not answered yet. */
  static ofDraft(draft, actions) {
    const card = new Card(actions);
    card.draft = draft;
    card._ask(draft.text, draft.references.map(({ url }) => url));
    card._state("queued", say("acknowledged"));
    card._tiles({ count: draft.options.count ?? 1, ratio: draft.options.aspect_ratio, pictures: [] });
    return card;
  }

  static ofJob(job, actions) {
    const card = new Card(actions);
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
    this._state(job.status, this._headline());
    this._bar();
    this._tiles({ count: job.count, ratio: job.aspect_ratio, pictures: job.pictures });
    this._facts(factsOf(job));
    this._notes(job.notes);
    this._failure(job.failure);
    this._buttons(job.buttons);
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
      say("clock", { elapsed: number(Math.floor(elapsed)), range: range(this.job.expected) }),
    );
    if (elapsed > this.job.expected[1]) setText(this.parts.headline, say("almost"));
  }

  /** The request did not reach a job. `error` is an ApiError. */
  refuse(error) {
    this._state("failed", say("failed"));
    this._bar();
    this._tiles({ count: 0, pictures: [] });
    const unreachable = error.status === 0;
    this._failure({
      text: unreachable ? say("offline") : error.message || say("broken"),
      advice: unreachable ? say("offline_advice") : error.advice,
    });
    this._buttons([
      { action: "resend", label: say("retry") },
      { action: "dismiss", label: say("delete") },
    ]);
  }

  /** The bot answered with words instead of a picture. */
  notice(text) {
    this.job = { status: "notice" };
    this._state("notice", "");
    this._tiles({ count: 0, pictures: [] });
    this.parts.words.hidden = false;
    setText(this.parts.words, text);
    this._buttons([]);
  }

  /** What a screen reader says about it now. */
  get summary() {
    if (this.job?.failure) return `${this.job.failure.text} ${this.job.failure.advice}`;
    return this.job?.message?.split("\n")[0] ?? "";
  }

  _build() {
    const parts = {
      thumbnails: element("div.thumbnails", { hidden: true }),
      text: element("p"),
      mark: element("span.mark", { "aria-hidden": "true" }),
      headline: element("h3.headline"),
      clock: element("span.clock", { hidden: true }),
      bar: element("div.bar", { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100, hidden: true }),
      fill: element("div.fill"),
      percent: element("span.percent", { hidden: true }),
      words: element("p.words", { hidden: true }),
      tiles: element("div.tiles", { hidden: true }),
      facts: element("ul.facts", { hidden: true }),
      notes: element("ul.notes", { hidden: true }),
      failure: element("div.failure", { hidden: true }),
      buttons: element("div.buttons", { hidden: true }),
    };
    parts.bar.setAttribute("aria-label", say("progress"));
    parts.bar.append(parts.fill);
    this.parts = parts;
    const { thumbnails, text, mark, headline, clock, bar, percent, words } = parts;
    const { tiles, facts, notes, failure, buttons } = parts;
    this.element = element(
      "li.turn",
      {},
      element("div.said", {}, element("span.hidden", { textContent: say("you") }), thumbnails, text),
      element(
        "article.answer",
        {},
        element("header", {}, mark, headline, percent, clock),
        bar, words, failure, tiles, facts, notes, buttons,
      ),
    );
  }

  _ask(text, thumbnails) {
    setText(this.parts.text, text);
    const shown = [...this.parts.thumbnails.children].map((image) => image.getAttribute("src"));
    if (shown.join() === thumbnails.join()) return;
    this.parts.thumbnails.hidden = !thumbnails.length;
    this.parts.thumbnails.replaceChildren(
      ...thumbnails.map((src) => element("img", { src, alt: say("references"), loading: "lazy" })),
    );
  }

  _headline() {
    const { status, position } = this.job;
    if (status === "queued") return position ? say("waiting", { position }) : say("acknowledged");
    if (status === "running") return say(this.job.step > 0 ? "running" : "acknowledged");
    return say({ succeeded: "ready", failed: "failed", cancelled: "stopped" }[status]);
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
    if (tiles.dataset.key === key) return;
    tiles.dataset.key = key;
    tiles.hidden = !wanted;
    tiles.dataset.count = wanted;
    const [width, height] = (ratio ?? "1:1").split(":").map(Number);
    const made = pictures.length
      ? pictures.map((picture, index) => this._tile(picture, index, pictures.length))
      : Array.from({ length: wanted }, () => frame(element("div.tile.making"), width, height));
    tiles.replaceChildren(...made);
  }

  _tile(picture, index, total) {
    const facts = { index: index + 1, total, prompt: this.job.prompt };
    const alt = total > 1 ? say("picture_of", facts) : say("picture", facts);
    const image = element("img", {
      src: picture.image_url, alt, width: picture.width, height: picture.height,
      loading: "lazy", decoding: "async", onload: () => image.classList.add("here"),
    });
    const open = element(
      "button.look",
      { type: "button", title: say("look"), "aria-label": `${say("look")}: ${alt}`,
        onclick: () => this.actions.open(this, index) },
      image,
    );
    const edit = element(
      "button.icon-button",
      { type: "button", title: say("edit"), "aria-label": `${say("edit")}: ${alt}`,
        onclick: () => this.actions.edit(picture) },
      icon("edit"),
    );
    const tools = element("div.tile-tools", {}, total > 1 ? edit : null, downloadLink(picture, alt));
    return frame(element("div.tile", {}, open, tools), picture.width, picture.height);
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
    this.parts.notes.hidden = !notes.length;
    this.parts.notes.replaceChildren(...notes.map((text) => element("li", { textContent: text })));
  }

  _failure(failure) {
    this.parts.failure.hidden = !failure || this.job?.status === "cancelled";
    this.parts.failure.replaceChildren(
      element("p", { textContent: failure?.text ?? "" }),
      element("p.advice", { textContent: failure?.advice ?? "" }),
    );
  }

  _buttons(buttons) {
    const { buttons: row } = this.parts;
    const key = JSON.stringify(buttons);
    if (row.dataset.key === key) return;
    row.dataset.key = key;
    row.hidden = !buttons.length;
    row.replaceChildren(...buttons.map(({ action, label }) => this._button(action, label)));
  }

  _button(action, label) {
    const button = element(
      "button.button.quiet",
      { type: "button", data: { action }, onclick: () => this._press(button, action) },
      icon(action === "resend" ? "retry" : action === "dismiss" ? "delete" : action),
      element("span", { textContent: label }),
    );
    return button;
  }

  async _press(button, action) {
    button.disabled = true;
    try {
      await (this.actions[action] ?? this.actions.other)(this, action);
    } finally {
      button.disabled = false;
    }
  }
}

export const range = ([shortest, longest]) =>
  say(shortest === longest ? "range_one" : "range", {
    shortest: number(shortest),
    longest: number(longest),
  });

function factsOf(job) {
  const facts = [{ text: job.model_name, title: say("model") }];
  if (job.size) facts.push({ text: job.size, title: say("size") });
  if (job.aspect_ratio) facts.push({ text: job.aspect_ratio, title: say("ratio") });
  if (job.count > 1) facts.push({ text: say("pictures", { number: job.count }), title: say("count") });
  if (job.cost) facts.push({ text: cost(job.cost) });
  if (job.status === "succeeded" && job.seconds !== null) {
    const seconds = number(job.seconds, { maximumFractionDigits: job.seconds < 10 ? 1 : 0 });
    const title = say("took_title", { seconds, range: range(job.expected) });
    facts.push({ text: say("took", { seconds }), title });
  }
  const moment = new Date(job.created_at * 1000);
  const isToday = moment.toDateString() === new Date().toDateString();
  const style = isToday ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
  facts.push({
    text: new Intl.DateTimeFormat(language(), style).format(moment),
    title: moment.toLocaleString(language()),
  });
  return facts;
}

function downloadLink(picture, alt) {
  return element(
    "a.icon-button",
    { href: picture.download_url, download: "", title: say("download"),
      "aria-label": `${say("download")}: ${alt}` },
    icon("download"),
  );
}

/** Reserve the space of a picture before it is there. */
function frame(tile, width, height) {
  tile.style.setProperty("--ratio", width / height);
  return tile;
}
