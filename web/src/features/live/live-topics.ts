const LIVE_TOPICS = ['request', 'log', 'inbox'] as const;
export type LiveTopic = (typeof LIVE_TOPICS)[number];

/** What one stream carries: the id of each topic (the inbox has none), and where each goes on. */
export type LiveWish = { readonly ids: Readonly<Partial<Record<LiveTopic, string>>>; readonly at: LiveCursors };
export type LiveCursors = Readonly<Partial<Record<LiveTopic, string | number>>>;

const MAX_CURSOR_CHARS = 1_000;
const MAX_ID_CHARS = 100;

/** Every event's id: a browser that reconnects by itself sends the last one, and every topic goes on from there. */
export const encodeCursors = (at: LiveCursors): string => encodeURIComponent(JSON.stringify(at));

/** What is not ours is nothing: every topic then begins with the state as it is. */
export function decodeCursors(text: string | null): LiveCursors {
  if (!text || text.length > MAX_CURSOR_CHARS) return {};
  try {
    const { request, log, inbox } = JSON.parse(decodeURIComponent(text)) as Record<LiveTopic, unknown>;
    return {
      ...(typeof request === 'string' ? { request } : {}),
      ...(typeof log === 'number' && Number.isSafeInteger(log) && log >= 0 ? { log } : {}),
      ...(typeof inbox === 'string' ? { inbox } : {}),
    };
  } catch {
    return {};
  }
}

export function pathOf({ ids, at }: LiveWish): string {
  const asked = new URLSearchParams();
  for (const topic of LIVE_TOPICS) if (ids[topic] !== undefined) asked.set(topic, ids[topic]);
  asked.set('at', encodeCursors(at));
  return `/api/live?${asked.toString()}`;
}

/** Undefined where a request asks for nothing that there is. */
export function wishOf(url: URL, lastEventId: string | null): LiveWish | undefined {
  const ids: Partial<Record<LiveTopic, string>> = {};
  for (const topic of LIVE_TOPICS) {
    const id = url.searchParams.get(topic);
    if (id !== null && id !== '' && id.length <= MAX_ID_CHARS) ids[topic] = id;
  }
  if (Object.keys(ids).length === 0) return undefined;
  return { ids, at: decodeCursors(lastEventId ?? url.searchParams.get('at')) };
}
