// Short words to the person: toasts, the question before deleting, the screen reader's announcer.

import { element, icon } from "./elements.js";
import { say } from "./texts.js";

const TOAST_MS = 7000;

/** A line that goes away by itself; `undo` is called when its button is pressed. */
export function toast(text, { advice = "", kind = "info", undo } = {}) {
  const back = element("button.button.quiet", { type: "button", textContent: say("undo") });
  const close = element("button.icon-button", { type: "button", "aria-label": say("dismiss") }, icon("close"));
  const box = element(
    `div.toast.${kind}`,
    {},
    element("p", {}, element("span", { textContent: text }), advice ? element("small", { textContent: advice }) : null),
    undo ? back : null,
    close,
  );
  const go = () => box.remove();
  back.addEventListener("click", () => {
    go();
    undo();
  });
  close.addEventListener("click", go);
  setTimeout(go, TOAST_MS);
  const toasts = document.getElementById("toasts");
  while (toasts.children.length >= 3) toasts.firstChild.remove();
  // What is outside of an open dialog can neither be seen nor pressed.
  const place = openDialog() ?? document.getElementById("dock");
  if (toasts.parentElement !== place) place.prepend(toasts);
  toasts.append(box);
}

const openDialog = () => [...document.querySelectorAll("dialog[open]")].at(-1);

export function complain(error) {
  const text = error.message || say(error.status ? "broken" : "offline");
  toast(text, { advice: error.advice, kind: "error" });
}

export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Ask before something is lost: "yes", "one" of several pictures, where that is offered by `one`,
 *  the words for it, and anything else for no. */
export async function confirmed({ number = 1, text = say("delete_text"), one = "" } = {}) {
  const dialog = document.getElementById("confirm");
  document.getElementById("confirm-title").textContent = say(number > 1 ? "delete_several" : "delete_title", { number });
  document.getElementById("confirm-text").textContent = text;
  document.getElementById("confirm-yes").textContent =
    number > 1 ? say("delete_all", { number }) : say("delete");
  document.getElementById("confirm-one").hidden = !one;
  document.getElementById("confirm-one").textContent = one;
  return answer(dialog);
}

/** Ask which of several pictures is meant; its number from 1, or null. */
export async function choose(pictures, what) {
  if (pictures.length < 2) return 1;
  const dialog = document.getElementById("which");
  document.getElementById("which-what").textContent = what;
  document.getElementById("which-pictures").replaceChildren(
    ...pictures.map((picture, index) => {
      const label = say("picture_number", { number: index + 1 });
      const image = element("img", { src: picture.image_url, alt: "", width: picture.width, height: picture.height });
      const number = element("span.number", { textContent: index + 1, "aria-hidden": "true" });
      return element("li", {}, element("button", { type: "submit", value: index + 1, "aria-label": label }, image, number));
    }),
  );
  return Number(await answer(dialog)) || null;
}

document.getElementById("which")?.addEventListener("keydown", (event) => {
  const button = document.querySelector(`#which button[value="${CSS.escape(event.key)}"]`);
  if (/^[1-9]$/.test(event.key)) button?.click();
});

/** Show a dialog with buttons; the value of the one that was pressed, "" for none. */
function answer(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}
