// Building the page: elements with text content only, never markup from data.

/** element("a.button", {href}, "text", child…): a tag with classes, properties, and children. */
export function element(description, properties = {}, ...children) {
  const [tag, ...classes] = description.split(".");
  const made = document.createElement(tag);
  made.classList.add(...classes);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "data") Object.assign(made.dataset, value);
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name.startsWith("aria-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// 24×24 outlines.
const ICONS = {
  before: "M9 6L4 11l5 5M4 11h10a5.5 5.5 0 0 1 0 11h-3",
  again: "M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5",
  cancel: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9 9l6 6M15 9l-6 6",
  check: "M5 12.5l4.5 4.5L19 7.5",
  close: "M6 6l12 12M18 6L6 18",
  details: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5M12 7.8v.1",
  delete: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l.8 12.5h9.4L17.5 7M10 11v5M14 11v5",
  down: "M12 5v14M6 13l6 6 6-6",
  download: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  edit: "M4.5 19.5l1-4.5L16 4.5l3.5 3.5L9 18.5zM13.5 7l3.5 3.5",
  failed: "M12 4l9 16H3zM12 10v4.5M12 17.2v.1",
  grid: "M4 4h6.5v6.5H4zM13.5 4H20v6.5h-6.5zM4 13.5h6.5V20H4zM13.5 13.5H20V20h-6.5z",
  heart: "M12 20l-7.3-7.2a4.7 4.7 0 0 1 6.6-6.7l.7.7.7-.7a4.7 4.7 0 0 1 6.6 6.7z",
  larger: "M13.5 4.5h6v6M19.5 4.5l-7 7M10.5 19.5h-6v-6M4.5 19.5l7-7",
  left: "M15 5l-7 7 7 7",
  more: "M5.5 12v.1M12 12v.1M18.5 12v.1",
  original: "M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5",
  open: "M13.5 5H19v5.5M19 5l-8.5 8.5M10 5H5v14h14v-5",
  picture: "M4 5h16v14H4zM4 16.5l5-5 4 4 2.5-2.5 4.5 4.5M15.5 8.8v.1",
  pro: "M12 3.5l2.3 6.2 6.2 2.3-6.2 2.3L12 20.5l-2.3-6.2L3.5 12l6.2-2.3z",
  ratio: "M4 6.5h16v11H4zM8 10v4M16 10v4M8 10h2M16 14h-2",
  right: "M9 5l7 7-7 7",
  send: "M12 20V5M5.5 11.5L12 5l6.5 6.5",
  smaller: "M20 4l-6.5 6.5M13.5 5v5.5H19M4 20l6.5-6.5M10.5 19v-5.5H5",
  settings: "M4 7.5h9M17 7.5h3M4 16.5h3M11 16.5h9M15 5.3a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4zM9 14.3a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4z",
};
ICONS.vary = "M4.5 8.5h9v9h-9zM9 8.5v-4h10.5V15h-6M7.5 11.5v.1M10.5 14.5v.1";
ICONS.words = "M4.5 6.5h15M4.5 11h9M4.5 15.5h6M13 19.5l.8-3 4.7-4.7 2.2 2.2-4.7 4.7z";
ICONS.retry = ICONS.again;
ICONS.resend = ICONS.send;
ICONS.change_instead = ICONS.edit;
ICONS.new_instead = ICONS.picture;
ICONS.answer = ICONS.check;

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  drawing.classList.add("icon");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name] ?? "");
  drawing.append(path);
  return drawing;
}

/** Put the icons into every element below `root` that names one. */
export function applyIcons(root) {
  for (const place of root.querySelectorAll("[data-icon]")) place.prepend(icon(place.dataset.icon));
}

/** Change a text only when it differs, so that nothing is announced or laid out again. */
export function setText(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/** A small frame in the shape of an aspect ratio such as "16:9". */
export function shape(ratio) {
  const [width, height] = ratio.split(":").map(Number);
  const frame = element("span.shape", { "aria-hidden": "true" });
  const scale = 16 / Math.max(width, height);
  frame.style.width = `${Math.max(4, width * scale)}px`;
  frame.style.height = `${Math.max(4, height * scale)}px`;
  return frame;
}
