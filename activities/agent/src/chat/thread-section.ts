import { digestOf } from '@countersign/domain/digest';
import type { ThreadMessage } from '@countersign/workflow-contracts';

import type { AgentDeps } from '../agent-deps.js';
import type { TaskSection } from '../ports/language-model.port.js';

/** The newest messages are what counts; a long talk is cut at its beginning. */
const MAX_CHARS = 48_000;

/** The talk as text: who spoke, by what they are to the request. */
export function threadText(thread: readonly ThreadMessage[]): string {
  const said = thread.map(({ by, text, answers }) => `${by}${answers === null ? '' : ' (answers the comment above)'}:\n${text}`);
  let chars = 0;
  const kept = said.reverse().filter((message) => (chars += message.length) <= MAX_CHARS).reverse();
  const leftOut = said.length - kept.length;
  return [...(leftOut > 0 ? [`(${leftOut} earlier left out)`] : []), ...kept].join('\n\n');
}

export type ThreadInput = {
  readonly sections: readonly TaskSection[];
  /** Part of a run's key: another talk is another run. */
  readonly inputs: { readonly thread?: string };
};

/**
 * The talk on a document that was sent back, as it was when the last of these decisions was made. Nothing where nothing
 * was sent back or nobody spoke.
 */
export async function threadInput(deps: AgentDeps, requestId: string, feedback: readonly string[]): Promise<ThreadInput> {
  const thread = feedback.length === 0 ? [] : await deps.records.thread(requestId, deps.run(), feedback);
  if (thread.length === 0) return { sections: [], inputs: {} };
  return {
    sections: [{ name: 'thread', text: threadText(thread) }],
    inputs: { thread: digestOf(thread.map(({ id, by, text, at, answers }) => ({ id, by, text, at, answers }))) },
  };
}
