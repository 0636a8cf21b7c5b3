import type { ArtifactRef, BudgetKind, ErrorCode, ModelStage } from '@countersign/domain';

import type { ModelAnswer, ToolCall } from './ports/language-model.port.js';
import { TOOL_ARGS, isOffered } from './tool-declarations.js';

type Ended =
  | { readonly kind: 'finished' }
  | { readonly kind: 'output'; readonly output: unknown }
  | { readonly kind: 'cannot'; readonly code: ErrorCode; readonly message: string; readonly understood: readonly string[] }
  | { readonly kind: 'budget'; readonly exceeded: BudgetKind }
  | { readonly kind: 'invalid'; readonly message: string };

/** How a run ended; all but a pause for the budget have a transcript. */
export type LoopEnd = Ended & { readonly transcript?: ArtifactRef };

/** What an answer asks for. */
export type Turn =
  | { readonly kind: 'end'; readonly end: LoopEnd }
  | { readonly kind: 'calls' }
  | { readonly kind: 'output'; readonly output: unknown }
  | { readonly kind: 'nothing' };

function cannotOf(call: ToolCall): LoopEnd | undefined {
  const args = TOOL_ARGS.cannot.safeParse(call.args);
  // Without a reason it is answered as any other call with wrong arguments.
  if (!args.success) return undefined;
  const { code = 'MODEL_CANNOT', message, understood = [] } = args.data;
  return { kind: 'cannot', code, message, understood };
}

export function turnOf(stage: ModelStage, { text, toolCalls, output }: ModelAnswer): Turn {
  const asked = (name: string): readonly ToolCall[] => (isOffered(stage, name) ? toolCalls.filter((call) => call.name === name) : []);
  const [cannot] = asked('cannot').flatMap((call) => cannotOf(call) ?? []);
  if (cannot) return { kind: 'end', end: cannot };
  // Beside other calls it is too early: their answers have not been seen.
  if (toolCalls.length > 0) return asked('finish').length === toolCalls.length ? { kind: 'end', end: { kind: 'finished' } } : { kind: 'calls' };
  // People are answered in plain words.
  if (stage === 'chat' && text.trim() !== '') return { kind: 'output', output: text };
  return output !== null && output !== undefined ? { kind: 'output', output } : { kind: 'nothing' };
}
