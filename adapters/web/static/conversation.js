// The conversation: one card a request, oldest first, kept in step with the server.

import * as api from "./api.js";
import { Card } from "./card.js";
import { announce, complain, confirmed, toast } from "./dialogs.js";
import { say } from "./texts.js";

const NEAR = 160; // pixels from the end at which the page follows what is new
const TICK_MS = 500;

export class Conversation {
  /** `hooks`: edit(picture), open(pictures, index, caption), restore(draft), premium(). */
  constructor(hooks) {
    this.hooks = hooks;
    this.cards = [];
    this.next = null; // the `before` of the page of history that follows
    this.sending = 0; // requests whose job is not known yet
    this.held = []; // jobs that arrive meanwhile: one of them may be theirs
    this.loaded = false;
    this.loading = false;
    this.list = document.getElementById("turns");
    this.welcome = document.getElementById("welcome");
    this.older = document.getElementById("older");
    this.actions = {
      again: (card) => this._again(card, {}),
      retry: (card) => this._again(card, {}),
      pro: (card) => this._again(card, { model: hooks.premium() }),
      cancel: (card) => this._cancel(card),
      delete: (card) => this._delete(card),
      edit: (found) => hooks.edit(found instanceof Card ? found.job.pictures[0] : found),
      open: (card, index) => hooks.open(card.job.pictures, index, card.job.prompt),
      resend: (card) => this._resend(card),
      dismiss: (card) => this._drop(card),
      other: (card, action) => this._press(card, action),
    };
    setInterval(() => this._tick(), TICK_MS);
    this._follow();
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
      const { jobs, next } = await api.history(this.next);
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
      this._insert(Card.ofJob(job, this.actions));
    }
  }

  forget(jobId) {
    const card = this._find(jobId);
    if (card) this._drop(card);
  }

  // What the person does

  /** Show the request at once, then send it. */
  async send(draft) {
    const card = Card.ofDraft(draft, this.actions);
    this._insert(card);
    this.toEnd();
    announce(say("acknowledged"));
    await this._deliver(card, () =>
      api.ask({
        ...draft,
        references: draft.references.filter(({ id }) => id).map(({ id }) => id),
        files: draft.references.filter(({ file }) => file).map(({ file }) => file),
      }),
    );
  }

  toEnd(behavior = "smooth") {
    this.follows = true;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    scrollTo({ top: document.scrollingElement.scrollHeight, behavior: calm ? "instant" : behavior });
  }

  async _again(card, options) {
    const { job } = card;
    const references = job.references.map(({ image_id: id, image_url: url }) => ({ id, url }));
    const draft = {
      text: job.text || job.prompt,
      options: { aspect_ratio: job.aspect_ratio, count: job.count },
      references,
      event_id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
    };
    const fresh = Card.ofDraft(draft, this.actions);
    fresh.again = () => api.again(job.job_id, options, draft.event_id);
    this._insert(fresh);
    this.toEnd();
    announce(say("acknowledged"));
    await this._deliver(fresh, fresh.again);
  }

  async _resend(card) {
    const { draft, again } = card;
    this._drop(card);
    if (!again) return this.send(draft);
    const fresh = Card.ofDraft(draft, this.actions);
    fresh.again = again;
    this._insert(fresh);
    return this._deliver(fresh, again);
  }

  async _deliver(card, call) {
    this.sending += 1;
    try {
      const { job_id: jobId, notice } = await call();
      if (notice) card.notice(notice.text);
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
    if (error.status === 0 || error.status >= 500 || card.again) {
      card.refuse(error);
      announce(card.parts.failure.textContent);
      return;
    }
    this._drop(card);
    complain(error);
    this.hooks.restore(card.draft);
  }

  async _cancel(card) {
    try {
      this._update(card, await api.cancel(card.job.job_id));
    } catch (error) {
      if (error.status !== 409) complain(error);
    }
  }

  /** Whatever else a button asks for: a job that starts is told by the stream. */
  async _press(card, action) {
    try {
      const { notice } = await api.press(card.job.job_id, action);
      if (notice) toast(notice.text);
    } catch (error) {
      complain(error);
    }
  }

  async _delete(card) {
    if (!(await confirmed())) return;
    try {
      await api.remove(card.job.job_id);
    } catch (error) {
      if (error.status !== 404) return complain(error);
    }
    const neighbour = card.element.nextElementSibling ?? card.element.previousElementSibling;
    this._drop(card);
    toast(say("deleted"));
    (neighbour?.querySelector("button, a") ?? document.getElementById("prompt")).focus();
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
    if (was && was !== job.status) announce(card.summary);
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
    new ResizeObserver(() => this.follows && this.loaded && this.toEnd()).observe(this.list);
  }

  _show() {
    this.older.hidden = this.next === null;
    this.welcome.hidden = this.cards.length > 0;
  }

  _tick() {
    const running = this.cards.filter((card) => card.job?.status === "running");
    for (const card of running) card.tick();
    const percent = running.length ? Math.max(...running.map(({ job }) => job.percent)) : null;
    const title = percent === null ? "banana-bot" : `${percent}% · banana-bot`;
    if (document.title !== title) document.title = title;
  }
}
