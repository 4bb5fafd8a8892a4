// One picture in full size; arrows go through all pictures of its request.

import { say } from "./texts.js";

const part = (name) => document.getElementById(`lightbox-${name}`);

export class Lightbox {
  /** `edit` gets the picture that is shown. */
  constructor({ edit }) {
    this.dialog = document.getElementById("lightbox");
    this.pictures = [];
    this.index = 0;
    part("close").addEventListener("click", () => this.dialog.close());
    part("previous").addEventListener("click", () => this.move(-1));
    part("next").addEventListener("click", () => this.move(1));
    part("edit").addEventListener("click", () => {
      this.dialog.close();
      edit(this.pictures[this.index]);
    });
    this.dialog.addEventListener("click", (event) => {
      if (event.target === this.dialog || event.target.tagName === "FIGURE") this.dialog.close();
    });
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.move(-1);
      if (event.key === "ArrowRight") this.move(1);
    });
    this.dialog.addEventListener("close", () => part("picture").removeAttribute("src"));
  }

  open(pictures, index, caption) {
    this.pictures = pictures;
    this.caption = caption;
    this.index = index;
    this.show();
    this.dialog.showModal();
  }

  move(by) {
    const { length } = this.pictures;
    if (length < 2) return;
    this.index = (this.index + by + length) % length;
    this.show();
  }

  show() {
    const picture = this.pictures[this.index];
    const total = this.pictures.length;
    const facts = { index: this.index + 1, total, prompt: this.caption };
    const image = part("picture");
    image.src = picture.image_url;
    image.alt = say(total > 1 ? "picture_of" : "picture", facts);
    image.width = picture.width;
    image.height = picture.height;
    part("caption").textContent = this.caption;
    part("download").href = picture.download_url;
    part("original").href = picture.image_url;
    part("previous").hidden = part("next").hidden = total < 2;
  }
}
