import type { Finding, Severity } from '@countersign/domain';

const MAX_PER_RULE = 100;
const WEIGHT: Readonly<Record<Severity, number>> = { blocking: 0, warning: 1, info: 2 };

/** Collects findings; of each rule the first hundred and one that says how many more there are. */
export class BoundedFindings {
  readonly #kept: Finding[] = [];
  readonly #counts = new Map<string, number>();

  add(finding: Finding): void {
    const count = (this.#counts.get(finding.rule) ?? 0) + 1;
    this.#counts.set(finding.rule, count);
    if (count <= MAX_PER_RULE) this.#kept.push(finding);
  }

  countOf(rule: string): number {
    return this.#counts.get(rule) ?? 0;
  }

  /** Blocking ones first, else in the order they were found. */
  all(): readonly Finding[] {
    const more = [...this.#counts].flatMap(([rule, count]): readonly Finding[] => {
      const first = this.#kept.find((finding) => finding.rule === rule);
      if (count <= MAX_PER_RULE || !first) return [];
      return [{ rule, severity: first.severity, message: `${count - MAX_PER_RULE} more of this kind are not listed`, path: null, line: null }];
    });
    return [...this.#kept, ...more].sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity]);
  }
}
