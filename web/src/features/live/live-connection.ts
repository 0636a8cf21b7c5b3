import { type LiveCursors, type LiveTopic, pathOf } from './live-topics';

export type LiveListener = { readonly onEvent: (value: unknown) => void; readonly onState: (isLive: boolean) => void };
export type LiveSource = Pick<EventSource, 'readyState' | 'close' | 'addEventListener'>;
export type LiveWorld = {
  readonly open: (path: string) => LiveSource;
  readonly isHidden: () => boolean;
  readonly onVisibility: (look: () => void) => void;
};

type Joined = { id: string; readonly listeners: Set<LiveListener>; last?: unknown };

const GATHER_MS = 20;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 60_000;
const CLOSED = 2;

/**
 * One stream for the whole tab, as a browser opens only six connections to a server: it carries whatever its parts joined,
 * and only while somebody looks at the tab. Where it cannot be had everybody is told so, and looks by themselves.
 */
export class LiveConnection {
  private readonly topics = new Map<LiveTopic, Joined>();
  private cursors: LiveCursors = {};
  private source: LiveSource | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  private isLive = false;
  private isWatching = false;

  constructor(private readonly world: LiveWorld) {}

  /** `after` is where the part already is; answers how to leave. */
  join(topic: LiveTopic, id: string, after: string | number | undefined, listener: LiveListener): () => void {
    if (!this.isWatching) this.world.onVisibility(() => this.renew(0));
    this.isWatching = true;
    const joined = this.topics.get(topic);
    if (joined?.id === id) {
      joined.listeners.add(listener);
      if (joined.last !== undefined) listener.onEvent(joined.last);
      listener.onState(this.isLive);
    } else {
      this.topics.set(topic, { id, listeners: new Set([listener]) });
      const { [topic]: _, ...others } = this.cursors;
      this.cursors = after === undefined ? others : { ...others, [topic]: after };
      this.renew(GATHER_MS);
    }
    return () => {
      const held = this.topics.get(topic);
      if (!held?.listeners.delete(listener) || held.listeners.size > 0) return;
      this.topics.delete(topic);
      this.renew(GATHER_MS);
    };
  }

  /** Opens a stream for what is joined now, in a moment: parts come and go together. */
  private renew(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), ms);
  }

  private open(): void {
    this.source?.close();
    this.source = undefined;
    this.setLive(false);
    if (this.topics.size === 0 || this.world.isHidden()) return;
    const ids = Object.fromEntries([...this.topics].map(([topic, { id }]) => [topic, id]));
    const source = this.world.open(pathOf({ ids, at: this.cursors }));
    this.source = source;
    source.addEventListener('ready', () => {
      this.failures = 0;
      this.setLive(true);
    });
    for (const topic of this.topics.keys()) source.addEventListener(topic, (event) => this.hear(topic, String((event as MessageEvent).data)));
    source.addEventListener('error', () => this.failed(source));
  }

  private hear(topic: LiveTopic, text: string): void {
    const joined = this.topics.get(topic);
    if (!joined) return;
    const value = JSON.parse(text) as { readonly cursor?: string; readonly next?: number };
    const cursor = value.cursor ?? value.next;
    if (cursor !== undefined) this.cursors = { ...this.cursors, [topic]: cursor };
    // A piece of a log is for who was there; a state is for who comes later, too.
    if (topic === 'inbox') joined.last = value;
    for (const listener of joined.listeners) listener.onEvent(value);
  }

  private failed(source: LiveSource): void {
    if (this.source !== source) return;
    this.setLive(false);
    // The browser tries a lost connection again by itself, but not one that was refused.
    if (source.readyState !== CLOSED) return;
    this.failures += 1;
    this.renew(Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.failures - 1)) * (0.75 + Math.random() / 2));
  }

  private setLive(isLive: boolean): void {
    if (this.isLive === isLive) return;
    this.isLive = isLive;
    for (const { listeners } of this.topics.values()) for (const listener of listeners) listener.onState(isLive);
  }
}
