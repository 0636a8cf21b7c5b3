import { leafHash, readLogEntry, VerifyFault } from '@countersign/verify';

import type { SourceRow, Taken } from './audit-source.repository.js';
import { signedNote } from './checkpoint-note.js';
import type { LogKeys } from './log-keys.port.js';
import { logFault } from './log-fault.js';
import type { LogRepository, NewLeaf, StoredCheckpoint } from './log.repository.js';
import type { TreeBuilder, TreeNode } from './merkle-tree.js';

export type Appending = {
  readonly tenantId: string;
  readonly n: number;
  readonly origin: string;
  /** The tree as it stands; what is appended goes onto it. */
  readonly builder: TreeBuilder;
  readonly taken: Taken;
};

type Columns = Pick<NewLeaf, 'type' | 'requestId' | 'payload' | 'at'>;

/** What a leaf is found by. An entry that is none of ours is entered all the same: the log says what was there. */
const UNREADABLE: Columns = { type: 'unreadable', requestId: null, payload: '', at: null };

function columnsOf(entry: Buffer, tenantId: string): Columns {
  try {
    const { tenant, type, at, payload, request } = readLogEntry(entry);
    if (tenant !== tenantId || entry.includes('\\u0000')) return UNREADABLE;
    return { type, at, payload, requestId: request ?? null };
  } catch (error) {
    if (error instanceof VerifyFault) return UNREADABLE;
    throw error;
  }
}

/** Leaves, the subtrees that they complete and one signed checkpoint over all, in the caller's transaction. */
export async function appendEntries(
  log: LogRepository,
  { tenantId, n, origin, builder, taken }: Appending,
  rows: readonly SourceRow[],
  { keys, clock }: { readonly keys: LogKeys; readonly clock: () => Date },
): Promise<StoredCheckpoint> {
  const nodes: TreeNode[] = [];
  const leaves = rows.map(({ source, id, entry }): NewLeaf => {
    const leaf = { index: builder.size, source, sourceId: id, ...columnsOf(entry, tenantId), entry, leafHash: leafHash(entry) };
    nodes.push(...builder.push(leaf.leafHash));
    return leaf;
  });
  await log.insertLeaves(tenantId, n, leaves);
  await log.insertNodes(tenantId, n, nodes);
  const at = clock();
  const head = { origin, size: builder.size, root: builder.root() };
  const checkpoint = { n, size: head.size, root: head.root, note: await signedNote(head, await keys.signer('log')), taken, at };
  await log.insertCheckpoint(tenantId, checkpoint);
  for (const { type, index, source, sourceId } of leaves) {
    if (type !== UNREADABLE.type) continue;
    const fault = logFault('entry-malformed', index, `Entry ${index}, ${source}.audit_entry ${sourceId}, is no entry of this log: no service writes one like it`);
    await log.insertIncident(tenantId, n, fault.finding, at);
  }
  return checkpoint;
}
