// Where a person writes: the prompt, the choices, the pictures to work from.

import { References } from "./references.js";
import { say } from "./texts.js";

const DRAFT = "draft";

export class Composer {
  /** `send` gets a draft: {text, options, references, event_id}. */
  constructor({ choices, send }) {
    this.choices = choices;
    this.send = send;
    this.form = document.getElementById("composer");
    this.prompt = document.getElementById("prompt");
    this.button = document.getElementById("send");
    this.references = new References({
      limit: () => choices.model.max_references,
      changed: () => this.show(),
    });
    this._listen();
    this._recall();
    this.show();
  }

  get isEmpty() {
    return !this.prompt.value.trim() && !this.references.items.length;
  }

  focus() {
    this.prompt.focus();
  }

  /** Work on a picture that is on the server. */
  edit(picture) {
    this.references.add({ id: picture.image_id, url: picture.image_url });
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
    prompt.placeholder = say(references?.items.length ? "placeholder_edit" : "placeholder");
    prompt.style.height = "auto";
    prompt.style.height = `${Math.min(prompt.scrollHeight, 240)}px`;
    button.disabled = !prompt.value.trim();
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
