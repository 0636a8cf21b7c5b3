import type { Facts } from '@countersign/domain';
import type { AgentActivities } from '@countersign/workflow-contracts';

import type { AgentDeps } from '../agent-deps.js';
import { whileBeating, type AgentRun } from '../agent-run.js';
import { CommitTools, withoutNotes } from '../commit-tools.js';
import { beginRun, requireFact } from '../drafting.js';
import { heldPlan, readPlan } from '../plan-subject.js';
import type { LanguageModelPort, TaskSection } from '../ports/language-model.port.js';
import { ask } from '../structured-ask.js';
import { counted, oneLine } from '../tool-words.js';
import { diffPieces, type DiffPieces } from './diff-pieces.js';
import { mergeFindings } from './merge-findings.js';
import { type PassFinding, passFindingsSchema } from './pass-findings.js';
import { placeFindings } from './place-findings.js';
import { PASS_PROMPTS, REVIEW_PASSES, type ReviewPass } from './review-passes.js';

/** Of one piece of the diff; a third of a small model's window at some three characters a token. */
const MAX_PIECE_CHARS = 100_000;
const MAX_PIECES = 12;

type Matter = {
  readonly execution: Facts['execution'];
  readonly model: LanguageModelPort;
  readonly sections: readonly TaskSection[];
  readonly diff: DiffPieces;
  readonly tools: CommitTools;
  readonly onStep: (step: number) => void;
};
type PassResult = { readonly pass: ReviewPass; readonly found: readonly PassFinding[]; readonly error: string | null };

/** The same head commit answers the same fact. Reads only; what it finds is measured, not decided. */
export function reviewChange(all: AgentDeps, { requestId, executionId }: Parameters<AgentActivities['review']>[0]): ReturnType<AgentActivities['review']> {
  const deps = withoutNotes(all);
  return whileBeating(deps, async (onStep) => {
    const started = await beginRun(deps, requestId, 'review', { requestId, executionId });
    const execution = await requireFact(deps, started, 'execution', executionId);
    const { baseCommit, headCommit } = execution;
    const run = { ...started, runKey: `review/${headCommit}` };
    const known = await deps.records.latestFact(requestId, run.ref, 'modelReview', headCommit);
    if (known) return { factId: known.id };

    const model = deps.model('review', run.briefing.project.settings.models);
    const workspace = deps.workspaces({ requestId, bare: run.briefing.project.bare });
    const { patch, files } = await workspace.diff(baseCommit, headCommit);
    const maxChars = Math.max(4_000, Math.min(MAX_PIECE_CHARS, model.facts.contextTokens));
    const diff = diffPieces(patch.toString('utf8'), maxChars, MAX_PIECES);
    const tools = new CommitTools(deps, run, { commit: headCommit, folder: 'review' });
    const matter: Matter = { execution, model, sections: await sectionsOf(deps, run, headCommit), diff, tools, onStep };
    const results = await allPasses(deps, run, matter).finally(() => tools.stop());
    const found = await placeFindings(workspace, headCommit, files.map(({ path }) => path), results.flatMap((result) => result.found));
    const data: Facts['modelReview'] = {
      reviewer: model.id,
      headCommit,
      passes: results.map(({ pass, found: own, error }) => ({ name: pass, findings: own.length, error })),
      findings: mergeFindings(found),
    };
    const { id } = await deps.records.putFact(requestId, run.ref, { kind: 'modelReview', key: `modelReview/${headCommit}`, data });
    return { factId: id };
  });
}

/** Every pass comes to its end before a failure is thrown: what they were answered is in the journal by then. */
async function allPasses(deps: AgentDeps, run: AgentRun, matter: Matter): Promise<readonly PassResult[]> {
  const settled = await Promise.allSettled(REVIEW_PASSES.map((pass) => onePass(deps, run, matter, pass)));
  return settled.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}

async function onePass(deps: AgentDeps, run: AgentRun, matter: Matter, pass: ReviewPass): Promise<PassResult> {
  const { model, sections, diff, tools, execution, onStep } = matter;
  const found: PassFinding[] = [];
  let error = diff.leftOut === 0 ? null : `The change is too large: ${counted(diff.leftOut, 'piece')} of ${diff.pieces.length + diff.leftOut} not read`;
  for (const [index, piece] of diff.pieces.entries()) {
    const asked = await ask(deps, { ...run, runKey: `${run.runKey}/${pass}/${index + 1}` }, {
      stage: 'review',
      model,
      name: 'findings',
      schema: passFindingsSchema,
      opening: [
        { role: 'instructions', text: PASS_PROMPTS[pass].text },
        { role: 'task', sections: [...sections, { name: 'diff', text: piece }] },
      ],
      tools,
      commit: execution.headCommit,
      onStep,
    });
    if (asked.kind === 'failed') {
      error = oneLine(asked.message);
      break;
    }
    found.push(...asked.output.findings.map((finding) => ({ ...finding, pass })));
  }
  await deps.log(run.requestId).append(oneLine(`review, ${pass}: ${counted(found.length, 'finding')}${error === null ? '' : `; ${error}`}`));
  return { pass, found, error };
}

async function sectionsOf(deps: AgentDeps, run: AgentRun, headCommit: string): Promise<readonly TaskSection[]> {
  const { request, project } = run.briefing;
  const held = heldPlan(run.briefing);
  const approved = held && readPlan(held, run.requestId);
  const checks = await deps.records.latestFact(run.requestId, run.ref, 'checks', headCommit);
  const sections: readonly TaskSection[] = [
    { name: 'title', text: request.title },
    { name: 'body', text: request.body },
    { name: 'rules', text: approved?.plan.rules ?? project.settings.rules },
    ...(approved ? [{ name: 'spec' as const, text: JSON.stringify(approved.spec) }, { name: 'plan' as const, text: JSON.stringify(approved.plan) }] : []),
    ...(checks ? [{ name: 'checks' as const, text: JSON.stringify(checks.data.results.map(({ name, status, note }) => ({ name, status, note }))) }] : []),
  ];
  return sections.filter(({ text }) => text.trim() !== '');
}
