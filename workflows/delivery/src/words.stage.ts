import type { Life } from './life.js';
import type { StageDeps } from './stage.js';

/**
 * Confirms words with requests, which stored them first; an unknown id is nobody's word and changes nothing.
 * Stops behind a word that interrupts: its pause has freed the slot, so the work must be cut before a resume counts.
 */
export async function applyWords({ records }: Pick<StageDeps, 'records'>, life: Life): Promise<void> {
  while (life.words.length > 0) {
    const wordId = life.words[0];
    if (wordId === undefined) return;
    const applied = await records.applyWord({ requestId: life.requestId, wordId });
    life.words.shift();
    switch (applied.kind) {
      case 'cancel':
        life.cancelled = true;
        return;
      case 'pause':
        life.paused = 'person';
        return;
      case 'resume':
        life.paused = null;
        break;
      case 'raiseBudget':
        if (life.paused === 'budget') life.paused = null;
        break;
      case 'comment':
        if (applied.asks === true && !life.questions.includes(wordId)) life.questions.push(wordId);
        break;
      case 'refused':
      case 'unknown':
        break;
    }
  }
}

/** Parks a paused request; the pause extends the open gate's deadline by its own length. */
export async function waitForResume(deps: StageDeps, life: Life): Promise<void> {
  const since = deps.now();
  while (life.paused !== null && !life.cancelled) {
    deps.show(life.paused === 'budget' ? 'a maintainer to raise the budget' : 'somebody to resume it');
    await deps.waitUntil(() => life.words.length > 0 || life.cancelled);
    await applyWords(deps, life);
  }
  if (life.gate) {
    const deadline = new Date(Date.parse(life.gate.deadline) + deps.now() - since).toISOString();
    life.gate = { ...life.gate, deadline };
  }
  // The pause freed the slot, so work that held one queues again.
  if (!life.cancelled && (life.state === 'EXECUTING' || life.state === 'CHECKING')) {
    const { state } = await deps.records.transition({ requestId: life.requestId, moves: ['QUEUED'] });
    life.state = state;
  }
}
