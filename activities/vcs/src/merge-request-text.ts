import type { Briefing } from '@countersign/workflow-contracts';

import { oneLine } from './one-line.js';

export function branchOf(requestId: string): string {
  return `countersign/${requestId}`;
}

/** Digest of the plan as shown and approved; empty where the request has none. */
export function planDigestOf({ subjects }: Briefing): string {
  return subjects.findLast(({ gate }) => gate === 'plan')?.digest ?? '';
}

function trailers(briefing: Briefing): readonly string[] {
  const plan = planDigestOf(briefing);
  return [`Countersign-Request: ${briefing.request.id}`, ...(plan === '' ? [] : [`Countersign-Plan: ${plan}`])];
}

function quoted(text: string): string {
  return text.split(/\r\n?|\n/).map((line) => `> ${oneLine(line)}`.trimEnd()).join('\n');
}

export function mergeRequestTitle({ request }: Briefing): string {
  return oneLine(request.title) || `Request ${request.id}`;
}

/** People's words are quoted, so that no line of theirs can be taken for a trailer of ours. */
export function mergeRequestBody(briefing: Briefing, requestUrl: string): string {
  const { request } = briefing;
  const asked = request.body.trim() === '' ? [] : [quoted(request.body), ''];
  return [...asked, `Request: ${requestUrl}`, '', ...trailers(briefing), ''].join('\n');
}

/** The merge commit's message: the same briefing and number make the same text. */
export function mergeMessage(briefing: Briefing, number: number): string {
  const approvals = [...new Set(briefing.approvedBy.map(oneLine))].filter(Boolean).map((name) => `Approved-by: ${name}`);
  return [`Merge request !${number}: ${mergeRequestTitle(briefing)}`, '', ...trailers(briefing), ...approvals, ''].join('\n');
}
