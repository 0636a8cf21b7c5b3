import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import { AppError, type Viewer } from '@countersign/domain';
import { sha256Hex } from '@countersign/domain/digest';
import type { Caller } from '@countersign/platform';
import { openNote, VerifyFault } from '@countersign/verify';

import { audit } from '../audit/journal.js';
import type { RecordsStore } from '../database/records-store.repository.js';
import type { Clock } from '../lifecycle/fence.js';
import { type AccessService, requirePermission } from '../people/access.service.js';
import type { ProjectsPort } from '../people/projects.port.js';
import type { KeyRing } from '../signing/key-ring.js';
import { type BundleParts, bundleText, digestsOf, statementsIn } from './export-bundle.js';
import type { ExportFiles } from './export-files.js';
import type { FoundLeaf, LeafFilter } from './leaf.repository.js';
import type { LogAudit } from './log-audit.js';
import { LogFault } from './log-fault.js';
import type { LogCheckpoint, LogReader } from './log-reader.js';
import { inclusionRanges, rangeRoot, subtreesOf } from './merkle-tree.js';

type Input = RpcInput<typeof requestsRpc, 'log.export'>;
type Output = RpcOutput<typeof requestsRpc, 'log.export'>;
export type ExportDeps = {
  readonly store: RecordsStore;
  readonly access: AccessService;
  readonly projects: ProjectsPort;
  readonly keys: KeyRing;
  readonly reader: LogReader;
  readonly audit: Pick<LogAudit, 'sweep'>;
  readonly files: ExportFiles;
  /** Until the log holds what was committed. */
  readonly settled: (tenantId: string) => Promise<void>;
  readonly clock: Clock;
};

/** Bundles for auditors: entries with their proofs, what they stand for, and the keys, all verifiable without us. */
export class ExportService {
  constructor(private readonly deps: ExportDeps) {}

  /** Of everything that was committed before it was asked for, unless the log is broken. @throws AppError INVALID_INPUT for a checkpoint of another log; NOT_FOUND where no entry fits; LOG_PENDING before the first checkpoint. */
  async make(caller: Caller, input: Input): Promise<Output> {
    const { access, keys, reader, files, settled } = this.deps;
    const { viewer } = await access.visitor(caller);
    const { tenantId, personId } = viewer;
    const filter = await this.filterOf(viewer, input);
    await keys.refresh();
    await settled(tenantId);
    // What is wrong is written down before it is taken away; the bundle is made all the same, and does not verify.
    await this.deps.audit.sweep(tenantId);
    const checkpoint = await reader.checkpoint(tenantId);
    if (!checkpoint) throw new AppError('LOG_PENDING', 'The transparency log has no entry yet: try again in a second');
    const consistency = input.earlier === undefined ? null : await named(this.consistency(tenantId, checkpoint, input.earlier));
    const entries = await named(this.entries(tenantId, checkpoint, filter));
    if (entries.length === 0) throw new AppError('NOT_FOUND', 'The log has no such entry');
    const subjects = await this.deps.store.read.gates.texts(tenantId, digestsOf(statementsIn(entries)));
    const text = bundleText({ keys: [keys.envelope], checkpoint: checkpoint.note, consistency, entries, subjects });
    const made = { ...(await files.keep({ tenantId, personId }, text)), sha256: sha256Hex(text), entries: entries.length };
    await this.note(viewer, input, made);
    return made;
  }

  async read(caller: Caller, { id, offset, limit }: RpcInput<typeof requestsRpc, 'log.exportRead'>): Promise<RpcOutput<typeof requestsRpc, 'log.exportRead'>> {
    const { viewer } = await this.deps.access.visitor(caller);
    const { piece, bytes } = await this.deps.files.read(viewer, id, offset, limit);
    return { base64: piece.toString('base64'), bytes };
  }

  private async filterOf(viewer: Viewer, { request, from, to }: Input): Promise<LeafFilter> {
    if (request === undefined) {
      requirePermission(viewer, 'audit:read');
      return { ...(from !== undefined && { fromTime: new Date(from) }), ...(to !== undefined && { toTime: new Date(to) }) };
    }
    const row = await this.deps.access.readable(viewer, request);
    requirePermission(viewer, 'audit:read', row.projectId);
    return { requestId: row.id };
  }

  private async consistency(tenantId: string, checkpoint: LogCheckpoint, earlier: string): Promise<BundleParts['consistency']> {
    const { origin, size } = opened(earlier);
    if (origin !== checkpoint.origin) throw new AppError('INVALID_INPUT', `is of the log ${origin.slice(0, 200)}, but the current one is ${checkpoint.origin}`, { field: 'earlier' });
    if (size < 1 || size > checkpoint.size) throw new AppError('INVALID_INPUT', `covers ${size} entries, but the log has ${checkpoint.size}: entries are missing, or it is not of this log`, { field: 'earlier' });
    return { checkpoint: earlier, proof: await this.deps.reader.consistency(tenantId, checkpoint.n, size, checkpoint.size) };
  }

  private async entries(tenantId: string, checkpoint: LogCheckpoint, filter: LeafFilter): Promise<BundleParts['entries']> {
    const leaves = await this.withDecisions(tenantId, checkpoint, await this.leaves(tenantId, checkpoint, filter));
    const [payloads, proofs] = [await this.payloads(tenantId, leaves), await this.proofs(tenantId, checkpoint, leaves)];
    return leaves.map((leaf, at) => ({ index: leaf.index, type: leaf.type, entry: leaf.entry, payload: payloads.get(nameOf(leaf)) ?? null, proof: proofs[at] ?? [] }));
  }

  private async leaves(tenantId: string, { n, size }: LogCheckpoint, filter: LeafFilter): Promise<readonly FoundLeaf[]> {
    return this.deps.reader.leaves(tenantId, { ...filter, n, toIndex: size });
  }

  /** What a passed gate rests on belongs to it, also where it was decided before the span that was asked for. */
  private async withDecisions(tenantId: string, checkpoint: LogCheckpoint, leaves: readonly FoundLeaf[]): Promise<readonly FoundLeaf[]> {
    const passed = leaves.filter(({ type }) => type === 'gate-passed');
    const payloads = await this.payloads(tenantId, passed);
    const statements = statementsIn(passed.map((leaf) => ({ type: leaf.type, payload: payloads.get(nameOf(leaf)) ?? null })));
    const named = new Set(statements.flatMap(({ predicate }) => ('decisions' in predicate ? predicate.decisions : [])));
    for (const { payload } of leaves) named.delete(payload);
    const missing = named.size === 0 ? [] : await this.leaves(tenantId, checkpoint, { payloads: [...named] });
    const all = new Map([...leaves, ...missing].map((leaf) => [leaf.index, leaf]));
    return [...all.values()].sort((a, b) => a.index - b.index);
  }

  private async payloads(tenantId: string, leaves: readonly FoundLeaf[]): Promise<ReadonlyMap<string, Buffer>> {
    const { store, projects } = this.deps;
    const [ours, theirs] = [leaves.filter(({ source }) => source === 'requests'), leaves.filter(({ source }) => source === 'projects')];
    const [stored, other] = await Promise.all([
      store.read.audit.payloads(tenantId, ours.map(({ payload }) => payload)),
      projects.auditPayloads(tenantId, theirs.map(({ sourceId }) => sourceId)),
    ]);
    const byHash = new Map(stored.map(({ sha256, payload }) => [sha256, payload]));
    const found = leaves.map((leaf) => [nameOf(leaf), leaf.source === 'projects' ? other.get(leaf.sourceId) : byHash.get(leaf.payload)] as const);
    return new Map(found.flatMap(([name, payload]) => (payload ? [[name, payload]] : [])));
  }

  /** Many proofs at once: what several of them need is read and hashed once. */
  private async proofs(tenantId: string, { n, size }: LogCheckpoint, leaves: readonly FoundLeaf[]): Promise<readonly Buffer[][]> {
    const ranges = leaves.map(({ index }) => inclusionRanges(index, size));
    const each = new Map(ranges.flat().map((range) => [`${range.start}-${range.end}`, subtreesOf(range)]));
    const wanted = new Map([...each.values()].flat().map((subtree) => [`${subtree.level}/${subtree.index}`, subtree]));
    const hashes = await this.deps.reader.hashes(tenantId, n, [...wanted.values()]);
    const roots = new Map([...each].map(([name, subtrees]) => [name, rangeRoot(subtrees.flatMap(({ level, index }) => hashes.get(`${level}/${index}`) ?? []))]));
    return ranges.map((one) => one.flatMap(({ start, end }) => roots.get(`${start}-${end}`) ?? []));
  }

  private async note(viewer: Viewer, input: Input, { entries, sha256 }: Pick<Output, 'entries' | 'sha256'>): Promise<void> {
    const { store, clock } = this.deps;
    const { request, from, to } = input;
    const text = `${viewer.name} exported ${entries} entries of the log`;
    const data = { request: request ?? null, from: from ?? null, to: to ?? null, entries, sha256 };
    await store.write((records) => audit(records, { tenantId: viewer.tenantId, id: request ?? null }, { type: 'export', actor: viewer.personId, text, data }, clock()));
  }
}

/** Where so much is gone that not even a bundle which does not verify can be made, the answer says what is gone. */
async function named<Part>(part: Promise<Part>): Promise<Part> {
  try {
    return await part;
  } catch (error) {
    if (!(error instanceof LogFault)) throw error;
    throw new AppError('LOG_BROKEN', `No bundle can be made of a broken log: ${error.finding.text}. An admin has to run countersign log recover`, { cause: error });
  }
}

function nameOf({ source, sourceId }: FoundLeaf): string {
  return `${source}/${sourceId}`;
}

function opened(note: string): { readonly origin: string; readonly size: number } {
  try {
    return openNote(note).checkpoint;
  } catch (error) {
    if (!(error instanceof VerifyFault)) throw error;
    throw new AppError('INVALID_INPUT', `is no checkpoint: ${error.message}`, { field: 'earlier', cause: error });
  }
}
