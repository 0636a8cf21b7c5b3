import { sha256Hex } from '@countersign/domain/digest';
import { describe, expect, it } from '@jest/globals';

import { CHAT_PROMPT } from './chat.prompt.js';
import { COMPACT_PROMPT } from './compact.prompt.js';
import { EXECUTE_PROMPT } from './execute.prompt.js';
import { PLAN_PROMPT } from './plan.prompt.js';
import { DATA_RULE } from './prompt.js';
import { REVIEW_CORRECTNESS_PROMPT } from './review-correctness.prompt.js';
import { REVIEW_SECURITY_PROMPT } from './review-security.prompt.js';
import { REVIEW_STYLE_PROMPT } from './review-style.prompt.js';
import { REVIEW_TESTS_PROMPT } from './review-tests.prompt.js';
import { SPEC_PROMPT } from './spec.prompt.js';

const REVIEW_PROMPTS = [REVIEW_CORRECTNESS_PROMPT, REVIEW_SECURITY_PROMPT, REVIEW_TESTS_PROMPT, REVIEW_STYLE_PROMPT];
const PROMPTS = [SPEC_PROMPT, PLAN_PROMPT, EXECUTE_PROMPT, COMPACT_PROMPT, CHAT_PROMPT, ...REVIEW_PROMPTS];

/** A changed text gets a new version and its line here: the journal's digests can be traced back to a text. */
const DIGESTS: Readonly<Record<string, string>> = {
  'spec@2': '971ef764dda67348',
  'plan@2': '417792576ea7aa59',
  'execute@2': '74fc1b459e33e9c0',
  'compact@1': '64806c321438a3d5',
  'chat@1': '03a8136f070b048c',
  'review-correctness@1': 'f1a2ef975360cbb1',
  'review-security@1': '09b22b12332258ff',
  'review-tests@1': '7a34cb3fc31a6a6e',
  'review-style@1': 'eac168a7bd0e35d6',
};

describe('prompts', () => {
  it.each(PROMPTS.map((prompt) => [`${prompt.name}@${prompt.version}`, prompt] as const))('%s is the text that its version names', (name, { text }) => {
    expect(sha256Hex(text).slice(0, 16)).toBe(DIGESTS[name]);
  });

  it.each(PROMPTS.map((prompt) => [prompt.name, prompt] as const))('%s says that what it is shown is data', (_, { text }) => {
    expect(text).toContain(DATA_RULE);
  });
});
