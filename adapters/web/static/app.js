// The page, put together.

import * as api from "./api.js";
import { Choices, Offer } from "./choices.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { complain } from "./dialogs.js";
import { applyIcons, element } from "./elements.js";
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
  const lightbox = new Lightbox({ edit: (picture) => composer.edit(picture) });
  const conversation = new Conversation({
    edit: (picture) => composer.edit(picture),
    open: (...shown) => lightbox.open(...shown),
    restore: (draft) => composer.restore(draft),
    premium: () => offer.premium,
  });
  const composer = new Composer({ choices, send: (draft) => conversation.send(draft) });
  const stream = listen(conversation);

  new Settings({
    offer,
    preferences,
    changed: (found) => {
      choices.preferences = found;
      choices.show();
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
