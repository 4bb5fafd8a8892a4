// The JSON API (adapters/web/server.py lists it).

export class ApiError extends Error {
  /** `status` is 0 when the server could not be reached. */
  constructor(status, { code = "network", message = "", advice = "" } = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.advice = advice;
  }
}

async function call(method, path, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body instanceof FormData) options.body = body;
  else if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError(0);
  }
  if (response.status === 401) location.assign("/login");
  if (response.status === 204) return null;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, answer.error);
  return answer;
}

const path = (id) => `/api/jobs/${encodeURIComponent(id)}`;

export const models = () => call("GET", "/api/models");
export const preferences = () => call("GET", "/api/preferences");
export const prefer = (choices) => call("PUT", "/api/preferences", choices);
export const usage = () => call("GET", "/api/usage");
export const job = (id) => call("GET", path(id));
export const cancel = (id) => call("POST", `${path(id)}/cancel`);
export const remove = (id) => call("DELETE", path(id));
export const versions = (id) => call("GET", `${path(id)}/versions`);

export const answer = (question, number, event_id) =>
  call("POST", `/api/questions/${encodeURIComponent(question)}/${number}`, { event_id });

/** What a button asks for; `number` is the picture that is meant, from 1, where there are several. */
export function press(id, button, { options = {}, number, event_id } = {}) {
  return call("POST", `${path(id)}/${button}`, { options, number, event_id });
}

export const mark = (imageId, favourite) =>
  call("PUT", `/api/pictures/${encodeURIComponent(imageId)}`, { favourite });
export const removePictures = (image_ids) => call("POST", "/api/pictures/delete", { image_ids });

/** Where several pictures are to be had as one file. */
export const archive = (imageIds) => `/download?${new URLSearchParams(imageIds.map((id) => ["id", id]))}`;

/** A page of the history: `words` and `favourites` leave what fits, with a picture. */
export function history({ before, words, favourites, succeeded } = {}) {
  const query = new URLSearchParams();
  if (before) query.set("before", before);
  if (words) query.set("words", words);
  if (favourites) query.set("favourites", 1);
  if (succeeded) query.set("succeeded", 1);
  return call("GET", `/api/history?${query}`);
}

/** Ask for a picture; `files` makes it a form, as files cannot go into JSON. */
export function ask({ text, options, references, files, event_id }) {
  if (!files.length) return call("POST", "/api/requests", { text, options, references, event_id });
  const form = new FormData();
  form.append("text", text);
  form.append("options", JSON.stringify(options));
  form.append("event_id", event_id);
  for (const id of references) form.append("references", id);
  for (const file of files) form.append("references", file, file.name || "picture");
  return call("POST", "/api/requests", form);
}
