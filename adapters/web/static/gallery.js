// All pictures of a person as a grid: searched through, marked, and dealt with several at once.

import * as api from "./api.js";
import { heart, loaded } from "./card.js";
import { complain, confirmed, toast } from "./dialogs.js";
import { element } from "./elements.js";
import { say } from "./texts.js";

const TYPING_MS = 250;
const MOST = 200; // pictures that the server saves or deletes at once

const part = (name) => document.getElementById(`gallery-${name}`);

export class Gallery {
  /** `hooks`: open(job, index), mark(picture, favourite). */
  constructor(hooks) {
    this.hooks = hooks;
    this.dialog = document.getElementById("gallery");
    this.chosen = new Map(); // ids of pictures, and the tiles they have
    this.next = null;
    this.query = 0; // the newest search: answers to earlier ones are late
    document.getElementById("open-gallery").addEventListener("click", () => this.open());
    part("close").addEventListener("click", () => this.dialog.close());
    part("words").addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.search(), TYPING_MS);
    });
    part("favourites").addEventListener("click", ({ currentTarget: button }) => {
      button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true");
      this.search();
    });
    part("delete").addEventListener("click", () => this._delete());
    part("clear").addEventListener("click", () => this._clear());
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this._more();
    }, { root: this.dialog, rootMargin: "0px 0px 400px" }).observe(part("end"));
  }

  open() {
    this.dialog.showModal();
    this._clear();
    this.search();
  }

  /** Close, as something is to be seen on the page. */
  close() {
    if (this.dialog.open) this.dialog.close();
  }

  async search() {
    this.query += 1;
    this.next = undefined;
    await this._fetch(this.query);
  }

  async _more() {
    if (this.next && this.dialog.open) await this._fetch(this.query);
  }

  async _fetch(query) {
    const before = this.next;
    this.next = null;
    const favourites = part("favourites").getAttribute("aria-pressed") === "true";
    const words = part("words").value.trim();
    try {
      const page = await api.history({ before, words, favourites, succeeded: true });
      if (query !== this.query) return;
      const tiles = page.jobs.flatMap((job) => this._tiles(job, favourites));
      if (before) part("tiles").append(...tiles);
      else part("tiles").replaceChildren(...tiles);
      this.next = page.next;
      this._show(words || favourites);
    } catch (error) {
      complain(error);
    }
  }

  _tiles(job, favourites) {
    return job.pictures.flatMap((picture, index) =>
      favourites && !picture.favourite ? [] : [this._tile(job, picture, index)],
    );
  }

  _tile(job, picture, index) {
    const { alt } = picture;
    const look = element("button.look", {
      type: "button", "aria-label": `${say("look")}: ${alt}`, onclick: () => this.hooks.open(job, index),
    });
    const box = element("input", {
      type: "checkbox", "aria-label": `${say("choose")}: ${alt}`, checked: this.chosen.has(picture.image_id),
    });
    const tile = element(
      "li.tile", { data: { job: job.job_id } }, look, element("label.check", {}, box),
      element("div.tile-tools", {}, heart(picture, alt, this.hooks.mark)),
    );
    box.addEventListener("change", () => {
      if (box.checked) this.chosen.set(picture.image_id, tile);
      else this.chosen.delete(picture.image_id);
      this._bar();
    });
    look.append(loaded(picture, alt, tile));
    return tile;
  }

  _show(narrowed) {
    const empty = part("empty");
    empty.hidden = part("tiles").children.length > 0;
    empty.textContent = say(narrowed ? "nothing_found" : "gallery_empty");
  }

  _bar() {
    const { size } = this.chosen;
    part("bar").hidden = !size;
    part("number").textContent = say("chosen", { number: size });
    const ids = [...this.chosen.keys()].slice(0, MOST);
    part("save").href = api.archive(ids);
  }

  _clear() {
    for (const tile of this.chosen.values()) tile.querySelector("input").checked = false;
    this.chosen.clear();
    this._bar();
  }

  async _delete() {
    const ids = [...this.chosen.keys()].slice(0, MOST);
    const answer = await confirmed({ number: ids.length, text: say("delete_chosen") });
    if (answer !== "yes") return;
    try {
      const { deleted } = await api.removePictures(ids);
      for (const id of ids) this.chosen.get(id).remove();
      toast(say("deleted_several", { number: deleted }));
    } catch (error) {
      complain(error);
    }
    this._clear();
    this._show(true);
    part("words").focus();
  }
}
