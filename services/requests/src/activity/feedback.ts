import type { CheckResult, Facts, Finding } from '@countersign/domain';

import type { Records } from '../database/records-store.repository.js';
import type { FactEntity } from '../fact/fact.entity.js';

/** One text for each id: a decision's reason, a comment, or what was measured. Unknown ids say nothing. */
export async function feedback(records: Records, requestId: string, ids: readonly string[]): Promise<string[]> {
  const [decisions, words, facts] = await Promise.all([
    records.decisions.byIds(requestId, ids),
    records.words.all(requestId),
    records.facts.byIds(requestId, ids),
  ]);
  return ids.flatMap((id) => {
    const decision = decisions.find((candidate) => candidate.id === id);
    if (decision) return decision.reason ?? [];
    const word = words.find((candidate) => candidate.id === id);
    if (word) return word.text ?? [];
    const fact = facts.find((candidate) => candidate.id === id);
    return fact ? factText(fact) : [];
  });
}

function factText({ kind, data }: FactEntity): string | readonly string[] {
  switch (kind) {
    case 'checks':
      return checksText((data as Facts['checks']).results);
    case 'measure':
    case 'review':
    case 'modelReview':
    case 'conflict':
      return findingsText(kind, (data as { findings: readonly Finding[] }).findings);
    case 'cannot':
      return (data as Facts['cannot']).message;
    default:
      return [];
  }
}

function checksText(results: readonly CheckResult[]): string | readonly string[] {
  const failed = results.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return [];
  const lines = failed.map(({ name, exitCode, note, log }) => {
    const where = log ? ` (log ${log.sha256})` : '';
    return `- ${name} failed with exit code ${exitCode ?? 'unknown'}${where}${note === '' ? '' : `: ${note}`}`;
  });
  return `Checks failed:\n${lines.join('\n')}`;
}

function findingsText(kind: string, findings: readonly Finding[]): string | readonly string[] {
  const telling = findings.filter(({ severity }) => kind === 'conflict' || severity !== 'info');
  if (telling.length === 0) return [];
  const lines = telling.map(({ severity, rule, path, line, message }) => {
    const place = path === null ? '' : ` ${path}${line === null ? '' : `:${line}`}`;
    return `- ${severity} ${rule}${place}: ${message}`;
  });
  return `Findings (${kind}):\n${lines.join('\n')}`;
}
