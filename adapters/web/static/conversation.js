// The conversation: one card a request, oldest first, kept in step with the server.

import * as api from "./api.js";
import { Card, showMark } from "./card.js";
import { announce, choose, complain, confirmed, toast } from "./dialogs.js";
import { say } from "./texts.js";

const NEAR = 160; // pixels from the end at which the page follows what is new
const TICK_MS = 500;
const NAME = "banana-bot";

export class Conversation {
  /** `hooks`: edit(job, number), ratio(job, number), reword(request), restore(draft), open(job, index), settings(). */
  constructor(hooks) {
    this.hooks = hooks;
    this.cards = [];
    this.next = null; // the `before` of the page of history that follows
    this.sending = 0; // requests whose job is not known yet
    this.held = []; // jobs that arrive meanwhile: one of them may be theirs
    this.news = ""; // what the tab says until somebody looks
    this.loaded = false;
    this.loading = false;
    this.list = document.getElementById("turns");
    this.welcome = document.getElementById("welcome");
    this.older = document.getElementById("older");
    this.cardHooks = {
      act: (card, button, number) => this._actOn(card, button, number),
      open: (card, index) => hooks.open(card.job, index),
      mark: (picture, favourite) => this.mark(picture, favourite),
      show: (jobId) => this.show(jobId),
    };
    setInterval(() => this._tick(), TICK_MS);
    this._follow();
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.news = "";
    });
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.loadOlder();
    }, { rootMargin: "400px 0px 0px" }).observe(this.older);
  }

  get isBusy() {
    return this.sending > 0 || this.cards.some((card) => card.job && !card.isFinal);
  }

  // What the server says

  /** Fetch the newest requests and make the page agree: also about what is gone. */
  async refresh() {
    const { jobs, next } = await api.history();
    const oldest = jobs.at(-1)?.created_at ?? 0;
    const known = new Set(jobs.map((job) => job.job_id));
    for (const card of [...this.cards]) {
      const covered = next === null || card.createdAt >= oldest;
      if (card.job?.job_id && covered && !known.has(card.job.job_id)) this._drop(card);
    }
    for (const job of jobs.reverse()) this.put(job);
    if (!this.loaded) this.next = next;
    this.loaded = true;
    this._show();
  }

  async loadOlder() {
    if (this.next === null || this.loading) return;
    this.loading = true;
    try {
      const { jobs, next } = await api.history({ before: this.next });
      const { scrollHeight, scrollTop } = document.scrollingElement;
      for (const job of jobs) this.put(job);
      this.next = next;
      this._show();
      document.scrollingElement.scrollTop = scrollTop + document.scrollingElement.scrollHeight - scrollHeight;
    } catch (error) {
      complain(error);
    } finally {
      this.loading = false;
    }
  }

  /** Show a job as it is now. */
  put(job) {
    const card = this._find(job.job_id);
    if (card) {
      this._update(card, job);
    } else if (this.sending) {
      this.held.push(job);
    } else {
      this._insert(Card.ofJob(job, this.cardHooks));
    }
  }

  forget(jobId) {
    const card = this._find(jobId);
    if (card) this._drop(card);
  }

  // What the person does

  /** Show the request at once, then send it. */
  async send(draft) {
    const call = () =>
      api.ask({
        ...draft,
        references: draft.references.filter(({ id }) => id).map(({ id }) => id),
        files: draft.references.filter(({ file }) => file).map(({ file }) => file),
      });
    return this._begin(draft, call);
  }

  /** What a button asks for. `number` is the picture that is meant, from 1; where it is not said,
   *  and the action is about one of several, it is asked for. */
  async act(job, button, number = null) {
    const { action, label, one_picture: one } = button;
    if (!number && (one || action === "edit")) {
      number = await choose(job.pictures, label ?? say("edit"));
      if (!number) return;
    }
    const picture = job.pictures[(number ?? 1) - 1];
    switch (action) {
      case "edit":
        return this.hooks.edit(job, number);
      case "ratio":
        return this.hooks.ratio(job, number);
      case "words":
        return this.hooks.reword(job);
      case "details":
        return this.hooks.open(job, (number ?? 1) - 1);
      case "original":
        return save(picture.download_url);
      case "before":
        return this.show(job.made_from.job_id);
      case "settings":
        return this.hooks.settings();
      case "cancel":
        return this._cancel(job);
      case "delete":
        return this._delete(job, number);
      default:
        return button.repeats ? this._repeat(job, button, number) : this._press(job, button, number);
    }
  }

  /** Make a picture a favourite, or an ordinary one again. */
  async mark(picture, favourite) {
    try {
      await api.mark(picture.image_id, favourite);
    } catch (error) {
      return complain(error);
    }
    const shown = this.cards.flatMap(({ job }) => job?.pictures ?? []);
    const same = shown.filter(({ image_id: id }) => id === picture.image_id);
    for (const one of [picture, ...same]) one.favourite = favourite;
    showMark(picture);
    announce(say(favourite ? "marked" : "unmarked"));
  }

  /** Go to a request, or look at its picture where it is too old to be on the page. */
  async show(jobId) {
    const card = this._find(jobId);
    if (card) return card.focus();
    try {
      const job = await api.job(jobId);
      if (job.pictures.length) this.hooks.open(job, 0);
      else toast(say("gone"));
    } catch (error) {
      complain(error);
    }
  }

  /** To what is newest: its words stay in view even where its picture is higher than the window. */
  toEnd(behavior = "smooth") {
    this.follows = true;
    const page = document.scrollingElement;
    const newest = this.list.lastElementChild?.getBoundingClientRect().top ?? Infinity;
    const head = document.querySelector(".top").offsetHeight;
    const top = Math.min(page.scrollHeight - page.clientHeight, page.scrollTop + newest - head - 8);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scrollTo({ top, behavior: calm ? "instant" : behavior });
  }

  _actOn(card, button, number) {
    switch (button.action) {
      case "send":
        return this._resend(card);
      case "dismiss":
        return this._drop(card);
      case "answer":
        return this._answer(card, button.number);
      case "words":
        if (!card.draft) break;
        this._drop(card);
        return this.hooks.reword(card.draft);
    }
    return this.act(card.job, button, number);
  }

  /** The same picture in another ratio. */
  extend(job, number, ratio) {
    return this._repeat(job, { action: "extend", one_picture: true }, number, { aspect_ratio: ratio });
  }

  async _repeat(job, { action, one_picture: one, count }, number, options = {}) {
    const pictures = one ? [job.pictures[number - 1]] : job.references;
    const draft = {
      text: job.text || job.prompt,
      options: { aspect_ratio: job.aspect_ratio, count: count ?? (one ? 1 : job.count), ...options },
      references: pictures.map(({ image_id: id, image_url: url }) => ({ id, url })),
      event_id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
    };
    const { event_id } = draft;
    const call = () => api.press(job.job_id, action, { options, number: number ?? undefined, event_id });
    return this._begin(draft, call, { repeats: true });
  }

  _resend(card) {
    this._drop(card);
    return this._begin(card.draft, card.call, card);
  }

  async _begin(draft, call, { repeats = false } = {}) {
    const card = Card.ofDraft(draft, this.cardHooks);
    Object.assign(card, { call, repeats });
    this._insert(card);
    this.toEnd();
    announce(say("acknowledged"));
    await this._deliver(card);
  }

  async _deliver(card) {
    this.sending += 1;
    try {
      const { job_id: jobId, notice } = await card.call();
      if (notice) card.notice(notice);
      else await this._adopt(card, jobId);
    } catch (error) {
      this._refused(card, error);
    } finally {
      this.sending -= 1;
      if (!this.sending) this.held.splice(0).forEach((job) => this.put(job));
      this._show();
    }
  }

  /** From now on the card is the job's; the stream may already have told about it. */
  async _adopt(card, jobId) {
    const twin = this._find(jobId);
    if (twin) return this._drop(card); // the same click, sent again
    card.job = { job_id: jobId, status: "queued", step: 0, pictures: [] };
    const told = this.held.findLast((job) => job.job_id === jobId);
    this.held = this.held.filter((job) => job.job_id !== jobId);
    const job = told ?? (await api.job(jobId).catch(() => null));
    if (job && card.job.created_at === undefined) card.update(job);
  }

  /** A request that cannot be made goes back to the composer; a broken connection keeps it. */
  _refused(card, error) {
    if (error.status === 0 || error.status >= 500 || card.repeats) {
      card.refuse(error);
      announce(card.parts.failure.textContent);
      return;
    }
    this._drop(card);
    complain(error);
    this.hooks.restore(card.draft);
  }

  async _cancel(job) {
    try {
      this.put(await api.cancel(job.job_id));
    } catch (error) {
      if (error.status !== 409) complain(error);
    }
  }

  /** Whatever else a button asks for: a job that starts is told by the stream. */
  async _press(job, { action }, number) {
    try {
      const { notice } = await api.press(job.job_id, action, { number: number ?? undefined });
      if (notice) toast(notice.text);
    } catch (error) {
      complain(error);
    }
  }

  /** The card of the question becomes that of the request which it had held up. */
  _answer(card, number) {
    const { draft, question } = card;
    const event_id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
    this._drop(card);
    return this._begin({ ...draft, event_id }, () => api.answer(question, number, event_id), {
      repeats: true,
    });
  }

  /** Delete a request, or one of its pictures. */
  async _delete(job, number) {
    const total = job.pictures.length;
    const one = total > 1 ? say(number ? "delete_this" : "delete_one") : "";
    const answer = await confirmed({ number: total || 1, one });
    if (answer === "one") return this._deleteOne(job, number ?? (await choose(job.pictures, say("delete"))));
    if (answer !== "yes") return false;
    try {
      await api.remove(job.job_id);
    } catch (error) {
      if (error.status !== 404) return complain(error);
    }
    const card = this._find(job.job_id);
    const neighbour = card?.element.nextElementSibling ?? card?.element.previousElementSibling;
    if (card) this._drop(card);
    toast(say("deleted"));
    (neighbour?.querySelector("button, a") ?? document.getElementById("prompt")).focus();
    return true;
  }

  async _deleteOne(job, number) {
    if (!number) return false;
    try {
      await api.removePictures([job.pictures[number - 1].image_id]);
      this.put(await api.job(job.job_id));
    } catch (error) {
      return complain(error);
    }
    toast(say("deleted"));
    return true;
  }

  // The list

  _find(jobId) {
    return this.cards.find((card) => card.job?.job_id === jobId);
  }

  _insert(card) {
    const index = this.cards.findLastIndex((other) => other.createdAt <= card.createdAt) + 1;
    this.list.insertBefore(card.element, this.cards[index]?.element ?? null);
    this.cards.splice(index, 0, card);
    this._show();
  }

  _drop(card) {
    this.cards = this.cards.filter((other) => other !== card);
    card.element.remove();
    this._show();
  }

  _update(card, job) {
    const was = card.job?.status;
    card.update(job);
    if (!was || was === job.status) return;
    announce(card.summary);
    if (document.hidden && card.isFinal) {
      this.news = say(job.status === "succeeded" ? "tab_ready" : "tab_failed");
    }
  }

  /** Stay at the end while cards grow, until the person looks at something further up. */
  _follow() {
    let last = 0;
    this.follows = true;
    addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = document.scrollingElement;
      if (scrollHeight - scrollTop - clientHeight < NEAR) this.follows = true;
      else if (scrollTop < last) this.follows = false;
      last = scrollTop;
    }, { passive: true });
    const growth = new ResizeObserver(() => this.follows && this.loaded && this.toEnd());
    growth.observe(this.list);
    growth.observe(document.getElementById("dock"));
    addEventListener("resize", () => this.follows && this.toEnd("instant"));
  }

  _show() {
    this.older.hidden = this.next === null;
    this.welcome.hidden = this.cards.length > 0;
  }

  _tick() {
    const running = this.cards.filter((card) => card.job?.status === "running");
    for (const card of running) card.tick();
    const percent = running.length ? `${Math.max(...running.map(({ job }) => job.percent))}%` : "";
    const title = [this.news, percent, NAME].filter(Boolean).join(" · ");
    if (document.title !== title) document.title = title;
  }
}

/** Let the browser save a file. */
function save(url) {
  const link = document.createElement("a");
  link.href = url;
  link.download = "";
  link.click();
}
