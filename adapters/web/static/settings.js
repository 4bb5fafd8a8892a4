// What a person likes: language, appearance, default model, size and ratio.

import * as api from "./api.js";
import { fill, ratioEntries, sizeEntries } from "./choices.js";
import { complain, toast } from "./dialogs.js";
import { element } from "./elements.js";
import { say } from "./texts.js";

const field = (name) => document.getElementById(`set-${name}`);

export class Settings {
  /** `changed` is called with the preferences. */
  constructor({ offer, preferences, changed }) {
    this.offer = offer;
    this.preferences = preferences;
    this.changed = changed;
    this.dialog = document.getElementById("settings");
    this.languages = [...field("language").options].map(({ value, text }) => ({ value, text }));
    document.getElementById("open-settings").addEventListener("click", () => this.open());
    field("leave").hidden = !("login" in document.documentElement.dataset);
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog) this.dialog.close();
    });
    this._listen();
  }

  open() {
    this.show();
    this.dialog.showModal();
    return this._showUsage();
  }

  /** What was used, in the words of the chats: a title, and lines. */
  async _showUsage() {
    const title = document.getElementById("usage-title");
    const list = document.getElementById("usage");
    const { text } = await api.usage().catch(() => ({ text: "" }));
    const [first, ...lines] = text.split("\n");
    title.hidden = list.hidden = !text;
    title.textContent = first;
    list.replaceChildren(
      ...lines.map((line) => element("li", { textContent: line.replace("• ", "") })),
    );
  }

  show() {
    const { offer, preferences } = this;
    const usually = (value) => ({ value: "", text: say("default_is", { value }) });
    fill(
      field("language"),
      [{ value: "", text: say("language_auto") }, ...this.languages],
      preferences.language ?? "",
    );
    fill(
      field("theme"),
      ["auto", "light", "dark"].map((value) => ({ value, text: say(`theme_${value}`) })),
      theme(),
    );
    fill(
      field("model"),
      [usually(offer.model_by_default.name),
        ...offer.models.map(({ id, name }) => ({ value: id, text: name }))],
      preferences.model ?? "",
    );
    const model = offer.model(preferences.model);
    const { size, aspect_ratio: ratio } = offer.defaults;
    fill(field("size"), sizeEntries(offer, model, usually(size)), preferences.size ?? "");
    fill(field("ratio"), ratioEntries(offer, model, usually(ratio)), preferences.aspect_ratio ?? "");
  }

  _listen() {
    const names = { model: "model", size: "size", ratio: "aspect_ratio", language: "language" };
    for (const [id, name] of Object.entries(names)) {
      field(id).addEventListener("change", () => this._prefer({ [name]: field(id).value || null }));
    }
    field("theme").addEventListener("change", () => wear(field("theme").value));
    field("clear").addEventListener("click", () => this._clear());
  }

  /** Back to the defaults, and back again where that was a mistake. */
  _clear() {
    const { model, size, aspect_ratio } = this.preferences;
    const undo = () => this._prefer({ model, size, aspect_ratio });
    return this._prefer({ model: null, size: null, aspect_ratio: null }, "cleared", undo);
  }

  async _prefer(choices, message = "saved", undo = undefined) {
    try {
      this.preferences = await api.prefer(choices);
    } catch (error) {
      return complain(error);
    }
    if ("language" in choices) return location.reload(); // the server says everything anew
    this.changed(this.preferences);
    this.show();
    toast(say(message), { undo });
  }
}

function theme() {
  try {
    return localStorage.getItem("theme") ?? "auto";
  } catch {
    return "auto";
  }
}

function wear(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  try {
    localStorage.setItem("theme", name);
  } catch {
    // It lasts until the page is closed, then.
  }
}
