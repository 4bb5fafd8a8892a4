// The page, put together.

import * as api from "./api.js";
import { Choices, Offer } from "./choices.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { complain } from "./dialogs.js";
import { applyIcons, element } from "./elements.js";
import { Gallery } from "./gallery.js";
import { Lightbox } from "./lightbox.js";
import { Settings } from "./settings.js";
import { Stream } from "./stream.js";
import { apply, load, say } from "./texts.js";

const EXAMPLES = ["example_1", "example_2", "example_3", "example_4"];

async function start() {
  applyIcons(document);
  await load();
  apply(document);
  const [offer, preferences] = await Promise.all([Offer.load(), api.preferences()]);
  const choices = new Choices(offer, preferences);
  const mark = (picture, favourite) => conversation.mark(picture, favourite);
  const open = (job, index) => lightbox.open(job, index);
  const lightbox = new Lightbox({ act: (...asked) => act(...asked), mark });
  const gallery = new Gallery({ open, mark });
  const conversation = new Conversation({
    edit: (job, number) => composer.edit(job, number),
    ratio: (job, number) => composer.chooseRatio(job, number),
    reword: (request) => composer.reword(request),
    restore: (draft) => composer.restore(draft),
    settings: () => settings.open(),
    open,
  });
  /** What comes of a button is seen on the page; only what is deleted leaves the gallery open. */
  const act = (job, button, number) => {
    if (button.action !== "delete") gallery.close();
    return conversation.act(job, button, number).then((gone) => {
      if (button.action === "delete" && gone && gallery.dialog.open) gallery.search();
      return gone;
    });
  };
  const composer = new Composer({
    choices,
    send: (draft) => conversation.send(draft),
    extend: (...asked) => conversation.extend(...asked),
  });
  const stream = listen(conversation);

  const settings = new Settings({
    offer,
    preferences,
    changed: (found) => {
      choices.preferences = found;
      choices.show();
      composer.show();
    },
  });
  examples(composer);
  watchEnd(conversation);
  await conversation.refresh();
  document.body.classList.remove("loading");
  conversation.toEnd("instant");
  stream.open();
  composer.show();
  if (matchMedia("(hover: hover)").matches) composer.focus();
}

/** One stream carries everything; whenever it opens, what was missed is fetched. */
function listen(conversation) {
  const status = document.getElementById("connection");
  return new Stream({
    opened: () => {
      status.hidden = true;
      conversation.refresh().catch(() => {});
    },
    lost: () => {
      status.hidden = false;
    },
    job: (job) => conversation.put(job),
    deleted: (jobId) => conversation.forget(jobId),
    isBusy: () => conversation.isBusy,
  });
}

function examples(composer) {
  document.getElementById("examples").replaceChildren(
    ...EXAMPLES.map((key) => {
      const use = () => {
        composer.prompt.value = say(key);
        composer.show();
        composer.focus();
      };
      return element("li", {}, element("button", { type: "button", textContent: say(key), onclick: use }));
    }),
  );
}

/** A way back to the newest picture once it is out of sight. */
function watchEnd(conversation) {
  const button = document.getElementById("to-end");
  button.addEventListener("click", () => conversation.toEnd());
  const show = () => {
    const { scrollHeight, scrollTop, clientHeight } = document.scrollingElement;
    button.hidden = scrollHeight - scrollTop - clientHeight < 600;
  };
  addEventListener("scroll", show, { passive: true });
  addEventListener("resize", show, { passive: true });
}

start().catch((error) => {
  document.body.classList.remove("loading");
  complain(error);
  throw error;
});
