import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import { AppError, type FactKind, type Facts, type Gate, isTerminal, type PlanSubject, type SpecSubject } from '@countersign/domain';
import { digestOf, sha256Hex } from '@countersign/domain/digest';
import type { Caller } from '@countersign/platform';

import type { RecordsStore } from '../database/records-store.repository.js';
import type { GateRevisionEntity } from '../gate/gate-revision.entity.js';
import type { AccessService } from '../people/access.service.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { ArtifactReaderPort, LogReaderPort } from './artifact-reader.port.js';
import { checksMarkdown, reviewMarkdown } from './results.markdown.js';
import { planMarkdown, specMarkdown } from './spec-plan.markdown.js';

type Input<Name extends keyof typeof requestsRpc> = RpcInput<typeof requestsRpc, Name>;
type Document = RpcOutput<typeof requestsRpc, 'requests.document'>;
type Content = Pick<Document, 'data' | 'text' | 'author' | 'artifact'> & { readonly digest: string | null; readonly revision: number | null };

const GATE_OF: Readonly<Record<Document['kind'], Gate>> = { spec: 'spec', plan: 'plan', diff: 'diff', checks: 'diff', review: 'merge' };

/** What people read before they decide; rendered here from structured data, never by a model. */
export class DocumentService {
  constructor(
    private readonly store: RecordsStore,
    private readonly access: AccessService,
    private readonly artifacts: ArtifactReaderPort,
    private readonly logs: LogReaderPort,
  ) {}

  async document(caller: Caller, input: Input<'requests.document'> & { readonly maxBytes: number }): Promise<Document> {
    const row = await this.readable(caller, input.id);
    const revision = await this.revision(row, GATE_OF[input.kind], input.revision);
    const content = await this.content(row, input.kind, revision);
    const { text, truncated } = cut(content.text, input.maxBytes);
    return { kind: input.kind, ...content, text, truncated };
  }

  async subject(caller: Caller, { id, gate, revision }: Input<'requests.subject'>) {
    const row = await this.readable(caller, id);
    const found = await this.revision(row, gate, revision);
    if (!found) throw new AppError('NOT_FOUND', `The ${gate} gate has not opened yet`);
    return { gate, revision: found.revision, digest: found.digest, text: found.text };
  }

  async log(caller: Caller, input: { readonly id: string; readonly after: number; readonly limit: number }) {
    const row = await this.readable(caller, input.id);
    const part = await this.logs.read(row.id, input.after, input.limit);
    return { ...part, ended: part.ended && isTerminal(row.state) };
  }

  /** A read goes through the tenant's own metadata: knowing a hash opens nothing. */
  async artifact(caller: Caller, { sha256, offset, limit }: Input<'artifacts.read'>) {
    const { viewer } = await this.access.visitor(caller);
    for (const meta of await this.store.read.facts.artifacts(this.access.scopeOf(viewer).tenantId, sha256)) {
      const row = await this.access.readable(viewer, meta.requestId).catch(() => null);
      if (!row) continue;
      const bytes = await this.artifacts.read(sha256);
      const base64 = Buffer.from(bytes.subarray(offset, offset + limit)).toString('base64');
      return { base64, bytes: bytes.byteLength, name: meta.name, mediaType: meta.mediaType };
    }
    throw new AppError('NOT_FOUND', 'There is no such artifact');
  }

  private async readable(caller: Caller, id: string): Promise<RequestEntity> {
    const { viewer } = await this.access.visitor(caller);
    return this.access.readable(viewer, id);
  }

  private async revision(row: RequestEntity, gate: Gate, number?: number): Promise<GateRevisionEntity | null> {
    const found = number === undefined ? await this.store.read.gates.current(row.id, gate) : await this.store.read.gates.find(row.id, gate, number);
    // What is shown is what is signed: a text that is not its digest's is shown to nobody.
    if (found && sha256Hex(found.text) !== found.digest) throw new AppError('ARTIFACT_CORRUPT', `Revision ${found.revision} of the ${gate} gate is stored with a text that is not the one its digest names`);
    if (!found && number !== undefined) throw new AppError('NOT_FOUND', `The ${gate} gate has no revision ${number}`, { field: 'revision' });
    return found;
  }

  private content(row: RequestEntity, kind: Document['kind'], revision: GateRevisionEntity | null): Promise<Content> {
    switch (kind) {
      case 'spec':
        return this.spec(row, revision);
      case 'plan':
        return this.plan(row, revision);
      case 'diff':
        return this.diff(row, revision);
      case 'checks':
        return this.checks(row, revision);
      case 'review':
        return this.review(row, revision);
    }
  }

  private async spec(row: RequestEntity, revision: GateRevisionEntity | null): Promise<Content> {
    const fact = await this.fact(row, 'spec', revision);
    const spec = revision ? (JSON.parse(revision.text) as SpecSubject).spec : fact.spec;
    return { ...numbered(revision), data: plain(spec), text: specMarkdown(spec), author: fact.author, artifact: null };
  }

  private async plan(row: RequestEntity, revision: GateRevisionEntity | null): Promise<Content> {
    const subject = revision ? (JSON.parse(revision.text) as PlanSubject) : undefined;
    const plan = subject?.plan ?? (await this.fact(row, 'plan', null)).plan;
    return { ...numbered(revision), data: plain(subject ?? plan), text: planMarkdown(plan, subject), author: plan.author, artifact: null };
  }

  private async diff(row: RequestEntity, revision: GateRevisionEntity | null): Promise<Content> {
    const { diff, ...execution } = await this.fact(row, 'execution', revision);
    const text = Buffer.from(await this.artifacts.read(diff.sha256)).toString('utf8');
    return { ...numbered(revision), data: plain(execution), text, author: null, artifact: diff };
  }

  private async checks(row: RequestEntity, revision: GateRevisionEntity | null): Promise<Content> {
    const checks = await this.fact(row, 'checks', revision);
    const measure = await this.fact(row, 'measure', revision).catch(() => undefined);
    const digest = measure ? digestOf({ checks, measure }) : null;
    const text = checksMarkdown(checks, measure);
    return { digest, revision: revision?.revision ?? null, data: plain({ checks, measure: measure ?? null }), text, author: null, artifact: null };
  }

  private async review(row: RequestEntity, revision: GateRevisionEntity | null): Promise<Content> {
    const { facts } = this.store.read;
    const head = (await this.fact(row, 'execution', revision)).headCommit;
    const [posted, model] = await Promise.all([facts.latest(row.id, 'review', head), facts.latest(row.id, 'modelReview', head)]);
    const review = posted?.data as Facts['review'] | undefined;
    const modelReview = model?.data as Facts['modelReview'] | undefined;
    const author = review?.reviewer ?? modelReview?.reviewer;
    if (author === undefined) throw new AppError('NOT_FOUND', 'The request has no review yet');
    const data = plain({ ...(review ?? modelReview), modelReview: modelReview ?? null });
    return { digest: null, revision: null, data, text: reviewMarkdown(review, modelReview), author, artifact: null };
  }

  private async fact<Kind extends FactKind>(row: RequestEntity, kind: Kind, revision: GateRevisionEntity | null): Promise<Facts[Kind]> {
    const id = revision?.facts[kind];
    const { facts } = this.store.read;
    const found = id === undefined ? await facts.latest(row.id, kind) : await facts.byId(row.id, id);
    if (!found) throw new AppError('NOT_FOUND', `The request has no ${kind} yet`);
    return found.data as Facts[Kind];
  }
}

function numbered(revision: GateRevisionEntity | null): Pick<Content, 'digest' | 'revision'> {
  return { digest: revision?.digest ?? null, revision: revision?.revision ?? null };
}

/** Structured documents came from JSON and go out as JSON. */
function plain(value: unknown): Document['data'] {
  return value as Document['data'];
}

/** At a whole character, so that nothing half is shown. */
export function cut(text: string, maxBytes: number): { readonly text: string; readonly truncated: boolean } {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return { text, truncated: false };
  let end = maxBytes;
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return { text: bytes.subarray(0, end).toString('utf8'), truncated: true };
}
