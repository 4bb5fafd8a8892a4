// Server-sent events: how the person's requests stand, as it changes.

const RETRY_MS = 2000;
const PATIENCE_MS = 700;
const HIDDEN_MS = 30_000;

export class Stream {
  /** `opened` and `lost` say how the connection is; `job` and `deleted` get what it carries. */
  constructor({ opened, lost, job, deleted, isBusy }) {
    this.handlers = { opened, lost, job, deleted };
    this.isBusy = isBusy;
    this.source = null;
    this.timer = 0;
    document.addEventListener("visibilitychange", () => this._saveConnections());
    addEventListener("online", () => this.open());
  }

  open() {
    clearTimeout(this.timer);
    this.source?.close();
    const source = new EventSource("/api/events");
    this.source = source;
    source.addEventListener("open", () => {
      clearTimeout(this.patience);
      this.handlers.opened();
    });
    source.addEventListener("job", (event) => this.handlers.job(JSON.parse(event.data)));
    source.addEventListener("deleted", (event) => this.handlers.deleted(JSON.parse(event.data).job_id));
    source.addEventListener("error", () => this._lose(source));
  }

  /** The browser reconnects by itself after a broken connection, but not after an error status. */
  _lose(source) {
    if (source !== this.source) return;
    clearTimeout(this.patience);
    this.patience = setTimeout(() => this.handlers.lost(), PATIENCE_MS);
    if (source.readyState !== EventSource.CLOSED) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), RETRY_MS);
  }

  /** Browsers allow six connections to a host: a tab that nobody sees gives its own back. */
  _saveConnections() {
    clearTimeout(this.timer);
    if (!document.hidden) {
      if (!this.source || this.source.readyState === EventSource.CLOSED) this.open();
      return;
    }
    this.timer = setTimeout(() => {
      if (document.hidden && !this.isBusy()) {
        this.source?.close();
        this.source = null;
      }
    }, HIDDEN_MS);
  }
}
