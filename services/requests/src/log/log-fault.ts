/** What can be wrong with a stored log, worst named first. */
export const FAULT_CODES = [
  'entry-missing',
  'entries-swapped',
  'entry-edited',
  'truncated',
  'rewritten',
  'checkpoint-edited',
  'checkpoint-missing',
  'root-mismatch',
  'node-edited',
  'hash-edited',
  'source-swapped',
  'source-edited',
  'source-deleted',
  'entry-skipped',
  'entry-malformed',
] as const;
export type LogFaultCode = (typeof FAULT_CODES)[number];

/** `index`: the leaf concerned, or the first of them; null where it is the whole log. */
export type Finding = { readonly code: LogFaultCode; readonly index: number | null; readonly text: string };

/** What is stored is not what was signed. */
export class LogFault extends Error {
  override readonly name = 'LogFault';

  constructor(readonly finding: Finding) {
    super(finding.text);
  }
}

export function logFault(code: LogFaultCode, index: number | null, text: string): LogFault {
  return new LogFault({ code, index, text });
}
