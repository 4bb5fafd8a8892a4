// Where a person writes: the prompt, the choices, the pictures to work from.

import { Reference, References } from "./references.js";
import { say } from "./texts.js";

const DRAFT = "draft";

export class Composer {
  /** `send` gets a draft: {text, options, references, event_id}; `extend` a job, the number of one
   *  of its pictures, and the ratio that it is to have. */
  constructor({ choices, send, extend }) {
    this.choices = choices;
    this.send = send;
    this.extend = extend;
    this.form = document.getElementById("composer");
    this.prompt = document.getElementById("prompt");
    this.button = document.getElementById("send");
    this.references = new References({
      limit: () => choices.model.max_references,
      changed: () => this.show(),
    });
    choices.changed = () => this.show();
    this._listen();
    this._recall();
    this.show();
  }

  get isEmpty() {
    return !this.prompt.value.trim() && !this.references.items.length;
  }

  /** The picture that is only to have another ratio: nothing else is asked for. */
  get extended() {
    const { items } = this.references;
    return items.length === 1 && this.choices.value.aspect_ratio ? items[0].source : null;
  }

  focus() {
    this.prompt.focus();
  }

  /** Change a picture that is on the server: it, and no other one, into one that is as it is but
   *  for what is said. */
  edit(job, number) {
    const { image_id: id, image_url: url } = job.pictures[number - 1];
    this.references.replace({ id, url, source: { job, number } });
    this.choices.value = { model: this.choices.value.model };
    this.show();
    this.focus();
  }

  /** Give a picture another ratio: it is asked which. */
  chooseRatio(job, number) {
    this.edit(job, number);
    document.getElementById("ratio").focus();
  }

  /** Put a whole request back to change its words: one that was sent, or a draft. */
  reword(request) {
    const { job_id: sent, references, options } = request;
    this.prompt.value = sent ? request.words : request.text;
    this.references.restore(
      sent ? references.map(({ image_id: id, image_url: url }) => new Reference({ id, url })) : references,
    );
    this.choices.value = options ?? request;
    this.show();
    this.focus();
  }

  /** Give a draft back that could not be sent, unless something new is written already. */
  restore({ text, options, references }) {
    if (!this.isEmpty) return;
    this.prompt.value = text;
    this.choices.value = options;
    this.references.restore(references);
    this.focus();
  }

  submit() {
    const text = this.prompt.value.trim();
    if (!text && this.extended) {
      const { job, number } = this.extended;
      const { aspect_ratio: ratio } = this.choices.value;
      this.references.take();
      this.choices.value = {};
      this.show();
      return this.extend(job, number, ratio);
    }
    if (!text) return this.focus();
    const draft = {
      text,
      options: this.choices.value,
      references: this.references.take(),
      event_id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`,
    };
    this.prompt.value = "";
    this.show();
    this.focus();
    this.send(draft);
  }

  show() {
    const { prompt, references, button } = this;
    const extended = references && this.extended;
    const asks = references?.items.length ? "placeholder_edit" : "placeholder";
    const { aspect_ratio: ratio } = this.choices.value;
    prompt.placeholder = say(extended ? "placeholder_extend" : asks, { ratio });
    prompt.style.height = "auto";
    prompt.style.height = `${Math.min(prompt.scrollHeight, 240)}px`;
    button.disabled = !prompt.value.trim() && !extended;
    document.getElementById("estimate").textContent = this.choices.estimate;
    try {
      sessionStorage.setItem(DRAFT, prompt.value);
    } catch {
      // A draft that does not survive a reload is no reason to stop.
    }
  }

  _recall() {
    try {
      this.prompt.value = sessionStorage.getItem(DRAFT) ?? "";
    } catch {
      // See above.
    }
  }

  _listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.prompt.addEventListener("input", () => this.show());
    this.prompt.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a word (keyCode 229: older Safari).
      if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
      if (event.shiftKey && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.submit();
    });
    document.addEventListener("keydown", (event) => {
      const writing = event.target.closest?.("input, textarea, select, dialog");
      if (event.key !== "/" || writing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.focus();
    });
  }
}
