import type { BudgetLimits, Plan, PlannedFile, PlanStep, PlanSubject, Spec } from '@countersign/domain';

import { code, fenced, prose } from './visible-text.js';

/** Every field that the agent gets is shown; nothing is shown that it does not get. */
export function specMarkdown(spec: Spec): string {
  return [
    '## Goal',
    fenced(spec.goal),
    '## Done when',
    list(spec.acceptanceCriteria),
    '## Out of scope',
    list(spec.outOfScope),
  ].join('\n\n');
}

export function planMarkdown(plan: Plan, around?: PlanSubject): string {
  return [
    `## Plan by ${code(plan.author)}`,
    fenced(plan.summary),
    ...(around ? [subjectMarkdown(around)] : []),
    ...plan.steps.map((step, index) => stepMarkdown(step, index + 1)),
    '## Risk',
    `**${plan.risk.level}**`,
    list(plan.risk.reasons),
    '## Checks',
    `Setup:\n\n${shell(plan.checks.setup)}`,
    `Test:\n\n${shell(plan.checks.test)}`,
    '## Commands',
    plan.commands === 'any' ? '**The agent may run any command in the sandbox.**' : 'The agent may run the commands above and no other.',
    '## Rules for the agent',
    // A plan that was stored before plans had rules has none.
    plan.rules ? fenced(plan.rules) : '*none*',
    '## Notes',
    list(plan.notes),
  ].join('\n\n');
}

function subjectMarkdown({ repository, baseCommit, allowedPaths, budget, policyVersion }: PlanSubject): string {
  return [
    `- Repository: ${code(repository)}`,
    `- Base commit: ${code(baseCommit)}`,
    `- Policy version: ${code(policyVersion)}`,
    `- Budget: ${budgetText(budget)}`,
    `- Paths it may touch: ${allowedPaths.length}`,
  ].join('\n');
}

function stepMarkdown({ title, instruction, files, commands }: PlanStep, number: number): string {
  const parts = [`## Step ${number}: ${prose(title)}`, fenced(instruction)];
  if (files.length > 0) parts.push(files.map(fileLine).join('\n'));
  if (commands.length > 0) parts.push('Commands:', commands.map((argv) => `- ${argv.map(code).join(' ')}`).join('\n'));
  return parts.join('\n\n');
}

function fileLine({ path, change, places }: PlannedFile): string {
  const count = places === undefined ? '' : ` (${places} place${places === 1 ? '' : 's'})`;
  return `- ${change} ${code(path)}${count}`;
}

export function budgetText({ tokens, costMicros, wallClockMs, attempts }: BudgetLimits): string {
  const minutes = wallClockMs === null ? 'no time limit' : `${Math.round(wallClockMs / 60_000)} min of work`;
  const money = costMicros === null ? 'no money limit' : `${(costMicros / 1e6).toFixed(2)} of money`;
  return `${attempts} attempts, ${minutes}, ${tokens === null ? 'no token limit' : `${tokens} tokens`}, ${money}`;
}

function shell(text: string | null): string {
  return text === null ? '*not configured*' : fenced(text, 'sh');
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '*nothing*' : items.map((item) => `- ${prose(item)}`).join('\n');
}
