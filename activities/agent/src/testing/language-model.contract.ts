import { describe, expect, it } from '@jest/globals';

import type { ChatRequest, LanguageModelPort } from '../ports/language-model.port.js';

/** What the model behind the port is made to answer, call by call. */
export type ContractAnswer = {
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly args: Readonly<Record<string, unknown>> }[];
  readonly output?: unknown;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly cachedInputTokens: number };
};

type Opened = { readonly model: LanguageModelPort; close(): Promise<void> };

const READ = { name: 'read', description: 'A file.', input: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'], additionalProperties: false } };
const OUTPUT = { name: 'spec', schema: { type: 'object', properties: { summary: { type: 'string' } }, required: ['summary'] } };
const CALLS = [
  { name: 'read', args: { path: 'src/a.ts' } },
  { name: 'read', args: { path: 'src/ünïcode "quoted".ts' } },
];
const DOCUMENT = { summary: 'Two lines.\nAnd "quotes", braces {} and ünïcode.' };

function asking(over: Partial<ChatRequest> = {}): ChatRequest {
  return {
    stage: 'spec',
    messages: [
      { role: 'instructions', text: 'Write a specification.' },
      { role: 'task', sections: [{ name: 'title', text: 'Rename it' }] },
    ],
    tools: [READ],
    signal: new AbortController().signal,
    ...over,
  };
}

/** What every model keeps to; run against the fake and over each wire protocol. */
export function describeLanguageModel(what: string, open: (answers: readonly ContractAnswer[]) => Promise<Opened>): void {
  describe(`a language model: ${what}`, () => {
    const having = async (answers: readonly ContractAnswer[], use: (model: LanguageModelPort) => Promise<void>): Promise<void> => {
      const { model, close } = await open(answers);
      try {
        await use(model);
      } finally {
        await close();
      }
    };

    it('answers in words, with no call and no output', () =>
      having([{ text: 'Plain words, in several pieces.' }], async (model) => {
        expect(await model.chat(asking())).toMatchObject({ text: 'Plain words, in several pieces.', toolCalls: [], output: null });
      }));

    it('answers with several tool calls at once, in their order and told apart', () =>
      having([{ text: 'Looking.', toolCalls: CALLS }], async (model) => {
        const { text, toolCalls, output } = await model.chat(asking({ output: OUTPUT }));
        expect({ text, output, calls: toolCalls.map(({ name, args }) => ({ name, args })) }).toEqual({ text: 'Looking.', output: null, calls: CALLS });
        expect(new Set(toolCalls.map(({ id }) => id)).size).toBe(2);
      }));

    it('gives the output that was asked for, and no call for it', () =>
      having([{ output: DOCUMENT }], async (model) => {
        expect(await model.chat(asking({ output: OUTPUT }))).toMatchObject({ output: DOCUMENT, toolCalls: [] });
      }));

    it('goes on after what its tools answered, and after an output that did not fit', () =>
      having([{ toolCalls: CALLS }, { output: { summary: 7 } }, { output: DOCUMENT }], async (model) => {
        const first = await model.chat(asking({ output: OUTPUT }));
        const results = first.toolCalls.map(({ id, name }, index) => ({ callId: id, name, answer: index === 0 ? ({ ok: true, value: { text: 'a' } } as const) : ({ ok: false, code: 'NOT_FOUND', message: 'No such file' } as const) }));
        const after = [...asking().messages, { role: 'assistant' as const, text: first.text, toolCalls: first.toolCalls }, { role: 'tools' as const, results }];
        const second = await model.chat(asking({ output: OUTPUT, messages: after }));
        const corrected = [...after, { role: 'assistant' as const, text: second.text, toolCalls: [] }, { role: 'task' as const, sections: [{ name: 'feedback' as const, text: 'summary must be text' }] }];
        expect((await model.chat(asking({ output: OUTPUT, messages: corrected }))).output).toEqual(DOCUMENT);
      }));

    it('counts what it used, cached input included, and answers plain JSON', () =>
      having([{ text: 'Hi', usage: { inputTokens: 1000, outputTokens: 20, cachedInputTokens: 800 } }], async (model) => {
        const answer = await model.chat(asking());
        expect(answer.usage).toMatchObject({ inputTokens: 1000, outputTokens: 20, cachedInputTokens: 800 });
        expect(answer.usage.costMicros === null || Number.isInteger(answer.usage.costMicros)).toBe(true);
        expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
      }));

    it('does not begin what is already cancelled', () =>
      having([{ text: 'Too late' }], async (model) => {
        await expect(model.chat(asking({ signal: AbortSignal.abort(new Error('cancelled')) }))).rejects.toThrow('cancelled');
      }));
  });
}
