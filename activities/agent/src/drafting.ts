import { AppError, type ArtifactRef, type FactKind, type Facts } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';
import type { WrittenResult } from '@countersign/workflow-contracts';
import type { z } from 'zod';

import type { AgentDeps } from './agent-deps.js';
import type { LoopEnd } from './agent-loop.js';
import type { AgentRun } from './agent-run.js';
import type { TaskSection } from './ports/language-model.port.js';
import { oneLine } from './tool-words.js';

/** Reads the request and names the run by what goes into it: the same inputs are the same run. */
export async function beginRun(deps: AgentDeps, requestId: string, stage: string, inputs: unknown): Promise<AgentRun> {
  const ref = deps.run();
  const signal = deps.signal();
  const briefing = await deps.records.briefing(requestId, ref);
  return { requestId, ref, signal, briefing, runKey: `${stage}/${digestOf(inputs).slice(0, 16)}` };
}

export async function requireFact<K extends FactKind>(deps: AgentDeps, run: AgentRun, kind: K, id: string): Promise<Facts[K]> {
  const fact = await deps.records.getFact(run.requestId, run.ref, kind, id);
  if (!fact) throw new AppError('NOT_FOUND', `The request has no ${kind} fact ${id}`);
  return fact.data;
}

/** People's words behind the ids, each a section of its own. */
export async function feedbackSections(deps: AgentDeps, run: AgentRun, ids: readonly string[]): Promise<readonly TaskSection[]> {
  if (ids.length === 0) return [];
  const texts = await deps.records.feedback(run.requestId, run.ref, ids);
  return texts.filter((text) => text.trim() !== '').map((text) => ({ name: 'feedback', text }));
}

export async function putCannot(deps: AgentDeps, run: AgentRun, data: Facts['cannot']): Promise<string> {
  await deps.log(run.requestId).append(oneLine(`stopped: ${data.message} (${data.code})`));
  const { transcript } = data;
  // Another reason is another fact: a person may have mended the first one since.
  const key = `cannot/${run.runKey}/${data.code}`;
  const { id } = await deps.records.putFact(run.requestId, run.ref, { kind: 'cannot', key, data, ...(transcript && { artifacts: [transcript] }) });
  return id;
}

/** What a fact says of the transcript of its run. */
export function transcriptOf({ transcript }: LoopEnd): { readonly transcript?: ArtifactRef } {
  return transcript ? { transcript } : {};
}

/** Puts a fact of a run that came to its end, with the transcript where people can fetch it. */
export async function putWritten<K extends 'spec' | 'plan'>(deps: AgentDeps, run: AgentRun, kind: K, data: Facts[K]): Promise<WrittenResult> {
  const { transcript } = data;
  const { id } = await deps.records.putFact(run.requestId, run.ref, { kind, key: run.runKey, data, ...(transcript && { artifacts: [transcript] }) });
  return { kind: 'written', factId: id };
}

/** What spec and plan answer where it cannot be done: the fact says why. */
export async function cannotWritten(deps: AgentDeps, run: AgentRun, data: Facts['cannot']): Promise<WrittenResult> {
  return { kind: 'cannot', code: data.code, factId: await putCannot(deps, run, data) };
}

/** Every end of spec and plan but a usable output. */
export async function writtenOf(deps: AgentDeps, run: AgentRun, end: Exclude<LoopEnd, { kind: 'output' }>): Promise<WrittenResult> {
  switch (end.kind) {
    case 'budget':
      return { kind: 'budget', exceeded: end.exceeded };
    case 'cannot': {
      const { code, message, understood } = end;
      return cannotWritten(deps, run, { code, message, understood, ...transcriptOf(end) });
    }
    case 'finished':
    case 'invalid': {
      const code = 'MODEL_OUTPUT_INVALID';
      const message = end.kind === 'invalid' ? end.message : 'The model finished without the output asked for';
      return cannotWritten(deps, run, { code, message, understood: [], ...transcriptOf(end) });
    }
  }
}

const MAX_ISSUES = 20;

/** Says where an output breaks its schema. */
export function schemaIssues(schema: z.ZodType, output: unknown): readonly string[] {
  const parsed = schema.safeParse(output);
  if (parsed.success) return [];
  const { issues } = parsed.error;
  const shown = issues.slice(0, MAX_ISSUES).map(({ path, message }) => `${path.length > 0 ? path.map(String).join('.') : 'it'}: ${message}`);
  return issues.length > MAX_ISSUES ? [...shown, `and ${issues.length - MAX_ISSUES} more`] : shown;
}
