import { canonicalText, sha256Hex } from '@countersign/domain/digest';
import { openEnvelope, readStatement, subjectOf, type Statement, VerifyFault } from '@countersign/verify';

/** One entry with what it stands for; null where that was erased. */
export type ExportedEntry = { readonly index: number; readonly type: string; readonly entry: Buffer; readonly payload: Buffer | null; readonly proof: readonly Buffer[] };
export type BundleParts = {
  readonly keys: readonly string[];
  readonly checkpoint: string;
  readonly consistency: { readonly checkpoint: string; readonly proof: readonly Buffer[] } | null;
  /** Ascending by index. */
  readonly entries: readonly ExportedEntry[];
  /** Each once, in any order. */
  readonly subjects: readonly string[];
};

const BUNDLE_TYPE = 'https://countersign.dev/bundle/v1';
const SIGNED: ReadonlySet<string> = new Set(['decision', 'gate-passed']);

/** The text of a bundle as `docs/verify.md` has it. */
export function bundleText({ keys, checkpoint, consistency, entries, subjects }: BundleParts): string {
  return canonicalText({
    type: BUNDLE_TYPE,
    keys,
    checkpoint,
    consistency: consistency && { checkpoint: consistency.checkpoint, proof: consistency.proof.map(hexOf) },
    entries: entries.map(({ index, entry, payload, proof }) => ({
      index,
      entry: entry.toString('base64'),
      payload: payload?.toString('base64') ?? null,
      proof: proof.map(hexOf),
    })),
    subjects: subjects
      .map((text) => ({ hash: sha256Hex(text), document: Buffer.from(text, 'utf8').toString('base64') }))
      .sort((a, b) => (a.hash < b.hash ? -1 : 1))
      .map(({ document }) => document),
  });
}

/** What the statements among these entries are about: a bundle holds each document that one of them names. */
export function statementsIn(entries: readonly { readonly type: string; readonly payload: Buffer | null }[]): readonly Statement[] {
  return entries.flatMap(({ type, payload }) => (SIGNED.has(type) && payload ? (statementOf(payload.toString('utf8')) ?? []) : []));
}

export const digestsOf = (statements: readonly Statement[]): readonly string[] => [...new Set(statements.map((statement) => subjectOf(statement).digest.sha256))];

/** Undefined where the stored bytes are no statement: whoever verifies the bundle names that entry. */
function statementOf(envelope: string): Statement | undefined {
  try {
    return readStatement(openEnvelope(envelope).payload);
  } catch (error) {
    if (error instanceof VerifyFault) return undefined;
    throw error;
  }
}

function hexOf(hash: Buffer): string {
  return hash.toString('hex');
}
