// Pictures to work from: chips above the prompt, added by file dialog, paste, drop or "edit".

import { toast } from "./dialogs.js";
import { element, icon } from "./elements.js";
import { say } from "./texts.js";

const LARGEST = 20 * 1024 * 1024;
const TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];

/** One picture: a `file` of this machine, or the `id` of one that is on the server. */
export class Reference {
  constructor({ id = null, file = null, url = null, source = null }) {
    this.id = id;
    this.source = source; // the job it is a picture of, and its number there
    this.file = file;
    this.url = url ?? URL.createObjectURL(file);
  }

  get name() {
    return this.file?.name || say("lightbox");
  }
}

export class References {
  /** `limit` gives how many the chosen model takes; `changed` is told of every change. */
  constructor({ limit, changed }) {
    this.limit = limit;
    this.changed = changed;
    this.items = [];
    this.list = document.getElementById("chips");
    this._listenToFiles();
    this._listenToPaste();
    this._listenToDrop();
  }

  add(found) {
    if (found.id && this.items.some((item) => item.id === found.id)) return;
    if (this.items.length >= this.limit()) {
      toast(say("too_many", { number: this.limit() }), { kind: "error" });
      return;
    }
    this.items.push(found instanceof Reference ? found : new Reference(found));
    this.show();
  }

  /** Take a picture of the server's in the place of those of the server's that are there. */
  replace(found) {
    this.items = this.items.filter(({ file }) => file);
    this.add(found);
  }

  addFiles(files) {
    for (const file of files) {
      if (!TYPES.includes(file.type)) {
        toast(say("not_picture", { name: file.name }), { kind: "error" });
      } else if (file.size > LARGEST) {
        toast(say("too_big", { name: file.name }), { kind: "error" });
      } else this.add({ file });
    }
  }

  /** Hand over everything and be empty again. */
  take() {
    const { items } = this;
    this.items = [];
    this.show();
    return items;
  }

  restore(items) {
    this.items = items;
    this.show();
  }

  remove(item) {
    const index = this.items.indexOf(item);
    this.items.splice(index, 1);
    this.show();
    const next = this.list.children[Math.min(index, this.items.length - 1)];
    (next?.querySelector("button") ?? document.getElementById("prompt")).focus();
  }

  show() {
    this.list.hidden = !this.items.length;
    this.list.replaceChildren(...this.items.map((item) => this._chip(item)));
    this.changed(this.items);
  }

  _chip(item) {
    const label = say("remove_reference", { name: item.name });
    const remove = element(
      "button",
      { type: "button", title: label, "aria-label": label, onclick: () => this.remove(item) },
      icon("close"),
    );
    return element("li.chip", {}, element("img", { src: item.url, alt: item.name }), remove);
  }

  _listenToFiles() {
    const input = document.getElementById("files");
    document.getElementById("attach").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.addFiles([...input.files]);
      input.value = "";
      document.getElementById("prompt").focus();
    });
  }

  _listenToPaste() {
    document.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      this.addFiles(files);
    });
  }

  _listenToDrop() {
    const veil = document.getElementById("drop");
    const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
    let depth = 0; // dragenter and dragleave come for every element below the pointer
    const show = (value) => {
      depth = value;
      veil.hidden = depth <= 0;
    };
    document.addEventListener("dragenter", (event) => carriesFiles(event) && show(depth + 1));
    document.addEventListener("dragleave", (event) => carriesFiles(event) && show(depth - 1));
    document.addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
    document.addEventListener("drop", (event) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      show(0);
      this.addFiles([...event.dataTransfer.files]);
      document.getElementById("prompt").focus();
    });
  }
}
