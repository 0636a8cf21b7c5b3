import { isTerminal, type State } from '@countersign/domain';

import type { Context } from '../context.js';
import { escapeText } from '../escape-text.js';
import { follow, type Live } from '../live.js';

export type LogPiece = { readonly text: string; readonly next: number; readonly ended: boolean };
type Chunk = LogPiece & { readonly offset: number };
type Shown = { readonly state: State; readonly paused: boolean; readonly waitingFor: string | null; readonly updatedAt: string };
type Change = {
  readonly cursor: string;
  readonly request: Shown;
  readonly gate: string | null;
  readonly events: readonly { readonly at: string; readonly type: string; readonly state: State | null }[];
};
type Line = { readonly at: string; readonly state: State; readonly paused: boolean; readonly waitingFor: string | null; readonly gate: string | null };

export const LOG = 'query ($id: ID!, $after: SafeInt) { log(id: $id, after: $after) { text next ended } }';
const LOG_APPENDED = 'subscription ($id: ID!, $after: SafeInt) { logAppended(id: $id, after: $after) { offset text next ended } }';
const STATE = 'query ($id: ID!) { request(id: $id) { state paused waitingFor updatedAt gates { name state } } }';
const CHANGED = `subscription ($id: ID!, $after: String) { requestChanged(id: $id, after: $after) { cursor gate
  request { state paused waitingFor updatedAt } events { at type state } } }`;

/** Ends at Ctrl-C, and where whoever reads the output went away: neither is a failure. */
async function untilInterrupted({ io }: Context, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const ending = new AbortController();
  const forget = io.onInterrupt(() => ending.abort());
  try {
    await work(ending.signal);
  } finally {
    forget();
  }
}

export async function followLog(context: Context, id: string, after: number): Promise<void> {
  const { gateway, printer } = context;
  const live: Live<Chunk> = {
    document: LOG_APPENDED,
    field: 'logAppended',
    id,
    after,
    cursorOf: ({ next }) => next,
    isLast: ({ ended }) => ended,
    poll: async (from) => {
      const { log } = await gateway.run<{ log: LogPiece }>(LOG, { id, after: from });
      if (log.text === '' && !log.ended) return undefined;
      return { value: { offset: Number(from), ...log }, after: log.next, hasMore: !log.ended };
    },
  };
  await untilInterrupted(context, async (signal) => {
    for await (const chunk of follow(context, live, signal)) {
      if (chunk.text !== '' || chunk.ended) printer.line(chunk, () => escapeText(chunk.text));
      if (chunk.ended && !printer.isJson) printer.note('The log has ended.');
    }
  });
}

function watched({ gateway }: Context, id: string): Live<Change> {
  return {
    document: CHANGED,
    field: 'requestChanged',
    id,
    after: null,
    cursorOf: ({ cursor }) => cursor,
    isLast: () => false,
    // A look knows no cursor: whatever comes next begins with the state as it is.
    poll: async () => {
      const { request } = await gateway.run<{ request: Shown & { gates: { name: string; state: string }[] } }>(STATE, { id });
      const gate = request.gates.find(({ state }) => state === 'open')?.name ?? null;
      return { value: { cursor: '', request, gate, events: [] }, after: null, hasMore: false };
    },
  };
}

/** Moves that came in one delivery are a line each; the last of them is the state as it is. */
function linesOf({ request, gate, events }: Change): Line[] {
  const moves = events.filter((event) => event.type === 'transition' && event.state !== null);
  const { state, paused, waitingFor, updatedAt } = request;
  const passed = moves.filter((move, index) => index < moves.length - 1 || move.state !== state);
  return [
    ...passed.map((move) => ({ at: move.at, state: move.state ?? state, paused: false, waitingFor: null, gate: null })),
    { at: updatedAt, state, paused, waitingFor, gate },
  ];
}

const sameAs = (a: Line, b: Line | undefined): boolean =>
  b !== undefined && a.state === b.state && a.paused === b.paused && a.waitingFor === b.waitingFor && a.gate === b.gate;

function lineText({ at, state, paused, waitingFor, gate }: Line): string {
  const parts = [at, paused ? `${state} (paused)` : state, gate ? `${gate} gate open` : undefined, waitingFor ?? undefined];
  return `${escapeText(parts.filter((part) => part !== undefined).join('  '))}\n`;
}

export async function watchRequest(context: Context, id: string, until: readonly State[]): Promise<void> {
  const { printer } = context;
  let shown: Line | undefined;
  await untilInterrupted(context, async (signal) => {
    for await (const change of follow(context, watched(context, id), signal)) {
      for (const line of linesOf(change)) {
        if (sameAs(line, shown)) continue;
        shown = line;
        printer.line(line, () => lineText(line));
        if (until.includes(line.state)) return;
      }
      if (!isTerminal(change.request.state)) continue;
      if (until.length > 0) context.exitCode = 4;
      return;
    }
  });
}
