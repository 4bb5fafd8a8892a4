// Short words to the person: toasts, the question before deleting, the screen reader's announcer.

import { element, icon } from "./elements.js";
import { say } from "./texts.js";

const TOAST_MS = 7000;

export function toast(text, { advice = "", kind = "info" } = {}) {
  const close = element("button.icon-button", { type: "button", "aria-label": say("dismiss") }, icon("close"));
  const box = element(
    `div.toast.${kind}`,
    {},
    element("p", {}, element("span", { textContent: text }), advice ? element("small", { textContent: advice }) : null),
    close,
  );
  const go = () => box.remove();
  close.addEventListener("click", go);
  setTimeout(go, TOAST_MS);
  const toasts = document.getElementById("toasts");
  while (toasts.children.length >= 3) toasts.firstChild.remove();
  toasts.append(box);
}

export function complain(error) {
  const text = error.message || say(error.status ? "broken" : "offline");
  toast(text, { advice: error.advice, kind: "error" });
}

export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

/** Ask before something is lost; true for yes. */
export function confirmed() {
  const dialog = document.getElementById("confirm");
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
