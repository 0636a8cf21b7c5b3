import type { ModelCall, ModelScript, ScriptedAnswer } from '@countersign/model-server';

import { MONEY_TEST, MONEY_WRONG } from './invoice-repository.js';

export const TEST_COMMAND = 'node --test test/*.test.js';
const RUN_TESTS = { name: 'run', args: { argv: ['sh', '-c', TEST_COMMAND] } } as const;

type Call = { readonly name: string; readonly args: Readonly<Record<string, unknown>> };

/** What the executor does, a step at a time; the fourth entry is three calls at once. */
export const EXECUTION: readonly (readonly Call[])[] = [
  [{ name: 'list', args: {} }],
  [{ name: 'search', args: { pattern: 'cents', globs: ['src/*.js'] } }],
  [{ name: 'read', args: { path: 'src/invoice.js' } }],
  [
    { name: 'read', args: { path: 'test/invoice.test.js' } },
    { name: 'read', args: { path: 'package.json' } },
    { name: 'read', args: { path: 'README.md', fromLine: 1, toLine: 3 } },
  ],
  [{ name: 'write', args: { path: 'src/money.js', content: MONEY_WRONG } }],
  [{ name: 'write', args: { path: 'test/money.test.js', content: MONEY_TEST } }],
  [
    {
      name: 'edit',
      args: {
        path: 'src/invoice.js',
        edits: [
          { old: 'export function total(', new: "import { formatMoney } from './money.js';\n\nexport function total(" },
          { old: "name + ': ' + cents)", new: "name + ': ' + formatMoney(cents))" },
        ],
      },
    },
  ],
  [RUN_TESTS],
  [{ name: 'read', args: { path: 'src/money.js' } }],
  [{ name: 'edit', args: { path: 'src/money.js', edits: [{ old: 'cents / 100}', new: '(cents / 100).toFixed(2)}' }] } }],
  [RUN_TESTS],
  [{ name: 'read', args: { path: 'src/invoice.js' } }],
];
export const TOOL_CALLS = EXECUTION.flat().length;

const SPEC = {
  goal: 'Invoices show amounts with two decimals and the currency',
  acceptanceCriteria: ['1250 cents are shown as 12.50 EUR', 'Totals stay as they are'],
  outOfScope: ['Other currencies'],
};

function plan(ownFile: boolean): unknown {
  const edit = { path: 'src/invoice.js', change: 'edit' };
  const own = [
    { path: 'src/money.js', change: 'add' },
    { path: 'test/money.test.js', change: 'add' },
  ];
  return {
    summary: ownFile ? 'A formatter in a file of its own, used by the invoice' : 'Format the amounts where they are rendered',
    steps: [
      {
        title: 'Format amounts',
        instruction: 'Show every amount with two decimals and EUR; prove it with a test.',
        files: ownFile ? [edit, ...own] : [edit],
        commands: [],
      },
    ],
    notes: [],
  };
}

function saidSoFar({ messages }: ModelCall): string {
  return messages.map(({ text }) => text).join('\n');
}

/** Which turn of the conversation this is: nothing is kept, so a call that is repeated gets the same answer. */
function turnOf({ messages }: ModelCall): number {
  return messages.filter(({ role }) => role === 'assistant').length;
}

function execution(call: ModelCall): ScriptedAnswer {
  const turn = turnOf(call);
  const toolCalls = EXECUTION[turn] ?? [{ name: 'finish', args: { summary: 'Amounts have two decimals; the tests pass.' } }];
  return { text: `Turn ${turn + 1}`, toolCalls: toolCalls.map((one, index) => ({ id: `call_${turn}_${index}`, ...one })), usage: USAGE };
}

/** The prompt is bigger at every turn, and most of it was seen before. */
const USAGE = { inputTokens: 2_000, outputTokens: 120, cachedInputTokens: 1_500 } as const;

const FINDING = { path: 'src/money.js', line: 3, severity: 'warning', confidence: 0.7, message: 'Negative amounts are not tested.' };

/** A language model that does one change, over any protocol. */
export const author: ModelScript = (call) => {
  const asked = call.wantsSchema?.name ?? '';
  const offers = (name: string): boolean => call.tools.some((tool) => tool.name === name);
  if (offers('finish')) return execution(call);
  if (/spec/.test(asked)) return { json: SPEC, usage: USAGE };
  if (/plan/.test(asked)) {
    if (turnOf(call) === 0) return { text: 'Looking', toolCalls: [{ name: 'read', args: { path: 'src/invoice.js' } }], usage: USAGE };
    return { json: plan(saidSoFar(call).includes('a file of its own')), usage: USAGE };
  }
  if (/review|finding/.test(asked)) return { json: { findings: [FINDING] }, usage: USAGE };
  return { text: 'The amounts are rendered in `src/invoice.js`.', usage: USAGE };
};
