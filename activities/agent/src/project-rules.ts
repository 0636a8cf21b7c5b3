import { isUtf8 } from 'node:buffer';

import type { AgentWorkspacePort } from './ports/agent-workspace.port.js';

/** Read from the base commit only: what a change writes there rules nothing until it is merged. */
export const RULES_PATH = '.countersign/rules.md';
const MAX_BYTES = 16 * 1024;
const FILE_MODE = /^100/;

export type RulesInForce = {
  readonly rules: string;
  /** What people should know of how they were read. */
  readonly notes: readonly string[];
};

async function rulesFile(workspace: Pick<AgentWorkspacePort, 'list' | 'read'>, baseCommit: string): Promise<RulesInForce> {
  const entry = (await workspace.list(baseCommit)).find(({ path }) => path === RULES_PATH);
  if (!entry) return { rules: '', notes: [] };
  if (!FILE_MODE.test(entry.mode)) return { rules: '', notes: [`${RULES_PATH} is not a regular file and was left out.`] };
  if (entry.bytes > MAX_BYTES) return { rules: '', notes: [`${RULES_PATH} has ${entry.bytes} bytes and was left out: the limit is ${MAX_BYTES}.`] };
  const bytes = (await workspace.read(baseCommit, RULES_PATH)) ?? Buffer.alloc(0);
  if (!isUtf8(bytes) || bytes.includes(0)) return { rules: '', notes: [`${RULES_PATH} is not UTF-8 text and was left out.`] };
  return { rules: bytes.toString('utf8').trim(), notes: [] };
}

/** The project's own rules, then those of the base commit. Everything in them is shown on the plan. */
export async function rulesInForce(workspace: Pick<AgentWorkspacePort, 'list' | 'read'>, projectRules: string, baseCommit: string): Promise<RulesInForce> {
  const { rules, notes } = await rulesFile(workspace, baseCommit);
  const own = projectRules.trim();
  const parts = rules === '' ? [own] : [own, `From ${RULES_PATH}:\n\n${rules}`];
  return { rules: parts.filter((part) => part !== '').join('\n\n'), notes };
}
