// One picture in full size with all that is known of it; arrows go through those of its request.

import * as api from "./api.js";
import { heart, loaded, moreOf, pixels, took } from "./card.js";
import { element, icon } from "./elements.js";
import { cost, moment, say } from "./texts.js";

const part = (name) => document.getElementById(`lightbox-${name}`);

export class Lightbox {
  /** `hooks`: act(job, button, number), mark(picture, favourite). */
  constructor(hooks) {
    this.hooks = hooks;
    this.dialog = document.getElementById("lightbox");
    this.job = null;
    this.index = 0;
    part("close").addEventListener("click", () => this.dialog.close());
    part("previous").addEventListener("click", () => this.move(-1));
    part("next").addEventListener("click", () => this.move(1));
    this.dialog.addEventListener("click", (event) => {
      if (event.target.matches("#lightbox, .stage")) this.dialog.close();
    });
    this.dialog.addEventListener("keydown", (event) => {
      if (event.key === "ArrowLeft") this.move(-1);
      if (event.key === "ArrowRight") this.move(1);
    });
    this.dialog.addEventListener("close", () => part("stage").replaceChildren());
  }

  open(job, index) {
    this.job = job;
    this.index = index;
    this.show();
    if (!this.dialog.open) this.dialog.showModal();
    this._versions();
  }

  move(by) {
    const { length } = this.job.pictures;
    if (length < 2) return;
    this.index = (this.index + by + length) % length;
    this.show();
  }

  show() {
    const { job, index } = this;
    const picture = job.pictures[index];
    const { alt } = picture;
    const stage = part("stage");
    stage.replaceChildren();
    const image = loaded(picture, alt, stage, { lazy: false });
    image.id = "lightbox-picture";
    stage.prepend(image);
    part("caption").textContent = job.text || job.prompt;
    part("previous").hidden = part("next").hidden = job.pictures.length < 2;
    part("download").href = picture.download_url;
    part("original").href = picture.image_url;
    part("favourite").replaceChildren(heart(picture, alt, this.hooks.mark));
    part("facts").replaceChildren(...this._facts(picture));
    part("buttons").replaceChildren(...this._buttons(index + 1));
  }

  _facts(picture) {
    const { job } = this;
    const facts = [
      [say("model"), job.made_by],
      [say("made_from"), job.made_from?.text],
      [say("pixels"), pixels(picture)],
      [say("size"), [job.size, job.aspect_ratio].filter(Boolean).join(" · ")],
      [say("seconds"), job.seconds === null ? "" : took(job).text],
      [say("cost"), job.cost && cost(job.cost)],
      [say("made"), moment(job.created_at)],
      [say("kind"), job.demo ? "" : say("ai")],
      [say("id"), job.job_id],
    ];
    return facts
      .filter(([, value]) => value)
      .flatMap(([name, value]) => [element("dt", { textContent: name }), element("dd", { textContent: value })]);
  }

  /** All that can be asked for; what is here already is left out. */
  _buttons(number) {
    const here = ["details", "original"];
    return [...this.job.buttons, ...moreOf(this.job)]
      .filter(({ action }) => !here.includes(action))
      .map((button) =>
        element(
          "button.button.quiet",
          { type: "button", data: { action: button.action }, onclick: () => this._act(button, number) },
          icon(button.action),
          element("span", { textContent: button.label }),
        ),
      );
  }

  async _act(button, number) {
    if (button.action !== "delete") this.dialog.close();
    const gone = await this.hooks.act(this.job, button, number);
    if (button.action === "delete" && gone) this.dialog.close();
  }

  /** All versions of the picture as a strip, the oldest first. */
  async _versions() {
    const strip = part("versions");
    const { job } = this;
    strip.hidden = true;
    const { jobs } = await api.versions(job.job_id).catch(() => ({ jobs: [] }));
    if (this.job !== job || jobs.length < 2) return;
    const used = new Set(jobs.flatMap(({ references }) => references.map(({ image_id: id }) => id)));
    strip.hidden = false;
    strip.replaceChildren(...jobs.map((version, index) => this._version(version, index + 1, used)));
  }

  /** One version, by the picture that the next one was made from. */
  _version(version, number, used) {
    const index = Math.max(0, version.pictures.findIndex(({ image_id: id }) => used.has(id)));
    const label = say("version", { number, prompt: version.text || version.prompt });
    const button = element(
      "button",
      { type: "button", title: label, "aria-label": label, onclick: () => this.open(version, index) },
      element("img", { src: version.pictures[index].image_url, alt: "", loading: "lazy" }),
    );
    if (version.job_id === this.job.job_id) button.setAttribute("aria-current", "true");
    return element("li", {}, button);
  }
}
