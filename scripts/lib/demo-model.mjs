// A language model for `npm run demo -- --model`: a server of ours that plays this script over the wire protocol of OpenAI.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MODEL = 'scripted-1';
const USAGE = { inputTokens: 1800, outputTokens: 150, cachedInputTokens: 1200 };
const RUN_TESTS = { name: 'run', args: { argv: ['sh', '-c', 'node --test'] } };

export const REQUEST = {
  title: 'Credit notes show wrong amounts',
  body: 'A credit of 250 cents appears as -3.-50 on the invoice. It should be -2.50.',
};

const SPEC = {
  goal: 'Negative amounts are shown as -2.50, like positive ones with a sign in front',
  acceptanceCriteria: ['formatCents(-250) is -2.50', 'Positive amounts stay as they are'],
  outOfScope: ['Other currencies'],
};

const PLAN = {
  summary: 'Take the sign apart before the cents are split, and prove it with a test',
  steps: [
    {
      title: 'Format negative amounts',
      instruction: 'Write a test for negative amounts first, see it fail, then mend formatCents and see all tests pass.',
      files: [{ path: 'src/format.js', change: 'edit' }, { path: 'test/format.test.js', change: 'add' }],
      commands: [],
    },
  ],
  notes: [],
};

const TEST = `import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatCents } from '../src/format.js';

test('shows a sign in front of two decimals', () => {
  assert.equal(formatCents(250), '2.50');
  assert.equal(formatCents(-250), '-2.50');
});
`;

const OLD = "  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;";
const NEW = `  const sign = cents < 0 ? '-' : '';
  const amount = Math.abs(cents);
  return \`\${sign}\${Math.floor(amount / 100)}.\${String(amount % 100).padStart(2, '0')}\`;`;

const EXECUTION = [
  [{ name: 'read', args: { path: 'src/format.js' } }, { name: 'read', args: { path: 'test/invoice.test.js' } }],
  [{ name: 'write', args: { path: 'test/format.test.js', content: TEST } }],
  [RUN_TESTS],
  [{ name: 'edit', args: { path: 'src/format.js', edits: [{ old: OLD, new: NEW }] } }],
  [RUN_TESTS],
  [{ name: 'finish', args: { summary: 'Negative amounts keep their sign; a test proves it.' } }],
];

const FINDING = { path: 'test/format.test.js', line: 7, severity: 'info', confidence: 0.6, message: 'Zero is not tested.' };

/** Keeps nothing between calls: a call that is repeated gets the same answer. */
function script({ messages, tools, wantsSchema }) {
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  const asked = wantsSchema?.name ?? '';
  if (tools.some(({ name }) => name === 'finish')) {
    const calls = EXECUTION[Math.min(turn, EXECUTION.length - 1)];
    return { toolCalls: calls.map((call, index) => ({ id: `call_${turn}_${index}`, ...call })), usage: USAGE };
  }
  if (/spec/.test(asked)) return { json: SPEC, usage: USAGE };
  if (/plan/.test(asked)) return { json: PLAN, usage: USAGE };
  if (/review|finding/.test(asked)) return { json: { findings: [FINDING] }, usage: USAGE };
  return { text: 'The amounts are formatted in src/format.js.', usage: USAGE };
}

/** Answers the settings with which an installation uses it, and `stop`. */
export async function startDemoModel({ root, dir }) {
  const { startModelServer } = await import(join(root, 'packages/model-server/dist/index.js'));
  const server = await startModelServer({ script });
  const prices = join(dir, 'model-prices.json');
  const usdPerMillion = { input: 2, cachedInput: 0.5, output: 10 };
  writeFileSync(prices, JSON.stringify([{ id: `openai:${MODEL}`, contextTokens: 100_000, usdPerMillion, asOf: '2026-11-01', source: 'made up for the demo' }]));
  return {
    name: `openai:${MODEL}`,
    env: {
      COUNTERSIGN_MODEL: `openai:${MODEL}`,
      COUNTERSIGN_MODEL_PRICES: prices,
      OPENAI_API_KEY: server.key,
      OPENAI_BASE_URL: server.baseUrls['openai-chat'],
    },
    stop: () => server.close(),
  };
}
