import type { ErrorCode } from '@countersign/domain';

/** Where calls are refused before anybody's act; with the codes of one table, all the labels that there can be. */
export const REFUSAL_PLACES = ['gateway', 'rpc:projects', 'rpc:requests'] as const;
export type RefusalPlace = (typeof REFUSAL_PLACES)[number];

/** Told of a call that was refused. */
export type NoteRefusal = (code: ErrorCode) => void;

const NAME = 'countersign_refused_calls_total';
const HELP = 'Calls refused at an edge, before any service did anything; they leave no entry in the audit log.';

/**
 * Counts what no audit log can hold, because there is no verified person and so no tenant to enter it for. For one process
 * since its start.
 */
export class Refusals {
  private readonly counts = new Map<string, number>();

  at(place: RefusalPlace): NoteRefusal {
    return (code) => {
      const labels = `place="${place}",code="${code}"`;
      this.counts.set(labels, (this.counts.get(labels) ?? 0) + 1);
    };
  }

  /** In Prometheus' exposition format 0.0.4. Written here and not by prom-client: this step may add no dependency, and one counter is four lines. */
  text(): string {
    const samples = [...this.counts].sort().map(([labels, count]) => `${NAME}{${labels}} ${count}`);
    return `${[`# HELP ${NAME} ${HELP}`, `# TYPE ${NAME} counter`, ...samples].join('\n')}\n`;
  }
}
