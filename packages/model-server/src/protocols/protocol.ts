import type { FaultName, ModelCall, Protocol, ScriptedAnswer, SpokenUsage } from '../script.js';

/** A parsed body: plain JSON, not checked. */
export type Json = Readonly<Record<string, unknown>>;

/** How an answer ends. */
export type Ending = 'done' | 'output-cut' | 'refusal' | 'content-filter';

/** An answer with everything filled in. */
export type FullAnswer = {
  readonly id: string;
  readonly model: string;
  readonly text: string;
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly args: unknown }[];
  readonly usage: SpokenUsage | null;
  readonly ending: Ending;
};

/** What a protocol's body says by itself. */
export type ReadCall = Omit<ModelCall, 'protocol' | 'callNumber' | 'body'>;

/** One server-sent event; `event` is null where the protocol names none. */
export type StreamEvent = { readonly event: string | null; readonly data: string };

export type ErrorReply = { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body: unknown };

/** The faults that are an answer with another status. */
export type StatusFault = Extract<
  FaultName,
  'rate-limited' | 'overloaded' | 'quota-used-up' | 'server-error' | 'invalid-key' | 'forbidden' | 'unknown-model' | 'bad-call' | 'call-too-large' | 'context-too-long'
>;

/** One wire protocol: how its calls are read, and how answers and errors look. */
export interface WireProtocol {
  readonly protocol: Protocol;
  /** The key that a call gives; undefined where it gives none. */
  keyOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined;
  read(body: Json): ReadCall;
  whole(answer: FullAnswer): unknown;
  events(answer: FullAnswer, body: Json): readonly StreamEvent[];
  error(fault: StatusFault, model: string): ErrorReply;
  /** What comes in place of the rest where a stream breaks off with an error. */
  errorEvent(): StreamEvent;
  /** What is sent after the last event of a stream. */
  readonly terminator: string;
}

/** The document goes where the call asked for it: a tool's arguments, or the text. */
export function filledAnswer(answer: ScriptedAnswer, call: ModelCall, ending: Ending): FullAnswer {
  const { wantsSchema, callNumber, model } = call;
  const asTool = answer.json !== undefined && wantsSchema?.by === 'tool' ? [{ name: wantsSchema.name, args: answer.json }] : [];
  const asText = answer.json !== undefined && wantsSchema?.by !== 'tool' ? JSON.stringify(answer.json) : '';
  const given = [...(answer.toolCalls ?? []), ...asTool] as readonly { readonly id?: string; readonly name: string; readonly args: unknown }[];
  return {
    id: `answer-${callNumber}`,
    model,
    text: `${answer.text ?? ''}${asText}`,
    toolCalls: given.map(({ id, name, args }, index) => ({ id: id ?? `call_${callNumber}_${index + 1}`, name, args })),
    usage: answer.withoutUsage ? null : (answer.usage ?? { inputTokens: 100, outputTokens: 10 }),
    ending,
  };
}

const PIECE = 12;

/** In pieces, as they come over the wire. */
export function pieces(text: string): readonly string[] {
  const characters = [...text];
  return Array.from({ length: Math.ceil(characters.length / PIECE) }, (_, index) => characters.slice(index * PIECE, (index + 1) * PIECE).join(''));
}

export function bearerOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const { authorization } = headers;
  return typeof authorization === 'string' && authorization.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : undefined;
}

export const asArray = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
export const asObject = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The text of a message's content: a string, or parts of which some hold text. */
export function textOf(content: unknown): string {
  return typeof content === 'string' ? content : asArray(content).map((part) => asText(part['text'])).join('');
}

/** Not JSON: shown as it came. */
export function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A tool by whose name our own adapters ask for a document. */
export const GIVING_TOOL = /^give_/;
