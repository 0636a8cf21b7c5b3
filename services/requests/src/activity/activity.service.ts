import { randomUUID } from 'node:crypto';

import type { requestsRpc, RpcInput, RpcOutput } from '@countersign/contracts';
import { addUsage, type ArtifactRef, type BudgetUsage, type FactKind, type Facts, isTerminal } from '@countersign/domain';
import { digestOf } from '@countersign/domain/digest';
import { OUTAGE_NOTE, type OutageCall } from '@countersign/platform';
import type { CommentAnswer, RunRef, ThreadMessage } from '@countersign/workflow-contracts';

import { noteAnswer, settleAnswer } from '../answer/ask.js';
import { threadOf } from '../answer/thread.js';
import { audit } from '../audit/journal.js';
import type { Records } from '../database/records-store.repository.js';
import type { FactEntity } from '../fact/fact.entity.js';
import { asOwner, type Fence, readAsOwner } from '../lifecycle/fence.js';
import type { LogPort } from '../log/log.port.js';
import type { ProjectsPort } from '../people/projects.port.js';
import type { RequestEntity } from '../request/request.entity.js';
import type { KeyRing } from '../signing/key-ring.js';
import { briefing } from './briefing.js';
import { evidence } from './evidence.js';
import { feedback } from './feedback.js';

type Fenced = { readonly requestId: string; readonly run: RunRef };
type FactView = NonNullable<RpcOutput<typeof requestsRpc, 'activity.getFact'>>;
type PutFact = RpcInput<typeof requestsRpc, 'activity.putFact'> & { readonly artifacts: readonly ArtifactRef[] };

/** The records as activities of services/worker see them; every call is fenced by the owner run. */
export class ActivityService {
  constructor(
    private readonly fence: Fence,
    private readonly projects: ProjectsPort,
    private readonly signed: { readonly keys: KeyRing; readonly log: LogPort },
  ) {}

  async briefing({ requestId, run }: Fenced) {
    return briefing(this.fence.store.read, this.projects, await this.owned(requestId, run));
  }

  async evidence({ requestId, run }: Fenced) {
    const { keys, log } = this.signed;
    const row = await this.owned(requestId, run);
    await keys.refresh();
    return evidence({ records: this.fence.store.read, projects: this.projects, log, keys: keys.envelope }, row);
  }

  async feedback({ requestId, run, ids }: Fenced & { readonly ids: readonly string[] }): Promise<string[]> {
    await this.owned(requestId, run);
    return feedback(this.fence.store.read, requestId, ids);
  }

  putFact(input: PutFact): Promise<{ id: string }> {
    return asOwner(this.fence, input, async (records, row, now) => {
      const earlier = await records.facts.byKey(row.id, input.key);
      if (earlier) return { id: earlier.id };
      const { kind, key, data, artifacts } = input;
      const fact = { id: randomUUID(), tenantId: row.tenantId, requestId: row.id, kind, key, data, digest: digestOf(data), at: now };
      await records.facts.insert(fact);
      await records.facts.addArtifacts(row, artifacts, now);
      await this.project(records, row, kind, data, now);
      const note = { type: 'fact', actor: null, text: `Measured: ${kind}`, data: { fact: fact.id, kind, digest: fact.digest } };
      await audit(records, row, note, now);
      return { id: fact.id };
    });
  }

  async getFact({ requestId, run, kind, id }: Fenced & { readonly kind: FactKind; readonly id: string }): Promise<FactView | null> {
    await this.owned(requestId, run);
    const found = await this.fence.store.read.facts.byId(requestId, id);
    return found?.kind === kind ? toView(found) : null;
  }

  async latestFact({ requestId, run, kind, of }: Fenced & { readonly kind: FactKind; readonly of?: string | undefined }): Promise<FactView | null> {
    await this.owned(requestId, run);
    const found = await this.fence.store.read.facts.latest(requestId, kind, of);
    return found ? toView(found) : null;
  }

  addUsage(input: Fenced & { readonly key: string; readonly usage: BudgetUsage }): Promise<BudgetUsage> {
    return asOwner(this.fence, input, async (records, row, now) => {
      if (await records.facts.addUsage(row, input.key, input.usage, now)) {
        await records.requests.update(row, { usage: addUsage(row.usage, input.usage) }, now);
      }
      return row.usage;
    });
  }

  async thread({ requestId, run, upTo }: Fenced & { readonly upTo?: readonly string[] | undefined }): Promise<ThreadMessage[]> {
    return threadOf(this.fence.store.read, this.projects, await this.owned(requestId, run), upTo);
  }

  answerComment(input: Fenced & CommentAnswer): Promise<Record<string, never>> {
    return asOwner(this.fence, input, async (records, row, now) => {
      await settleAnswer(records, row, input, now);
      return {};
    });
  }

  noteAnswer(input: Fenced & { readonly wordId: string; readonly waitingFor: string | null }): Promise<Record<string, never>> {
    return asOwner(this.fence, input, async (records, row, now) => {
      await noteAnswer(records, row, input, now);
      return {};
    });
  }

  noteWaiting(input: Fenced & { readonly waitingFor: string | null }): Promise<Record<string, never>> {
    return asOwner(this.fence, input, async (records, row, now) => {
      // A paused request waits for a person, whatever work that is being stopped has to say.
      if (!row.paused) await records.requests.update(row, { waitingFor: input.waitingFor }, now);
      return {};
    });
  }

  /** What calls of `records.*` wait for; its end leaves alone what the call itself wrote. */
  noteOutage({ requestId, run }: OutageCall, waitingFor: string | null): Promise<void> {
    return asOwner(this.fence, { requestId, run }, async (records, row, now) => {
      const isOver = waitingFor === null && row.waitingFor?.startsWith(OUTAGE_NOTE) !== true;
      if (!row.paused && !isOver) await records.requests.update(row, { waitingFor }, now);
    });
  }

  /** A request nobody knows counts as over: what is left of it may be removed. */
  async isOver(requestId: string): Promise<{ over: boolean }> {
    const row = await this.fence.store.read.requests.find(requestId);
    return { over: !row || isTerminal(row.state) };
  }

  private owned(requestId: string, run: RunRef): Promise<RequestEntity> {
    return readAsOwner(this.fence, requestId, run);
  }

  /** What of a fact people see on the request itself; every fact makes it a new version, so that pages learn of it. */
  private async project(records: Records, row: RequestEntity, kind: FactKind, data: unknown, now: Date): Promise<void> {
    const patch = kind === 'execution' ? { limitsNotEnforced: (data as Facts['execution']).limitsNotEnforced } : {};
    await records.requests.update(row, patch, now);
  }
}

function toView({ id, kind, data }: FactEntity): FactView {
  return { id, kind, data: data as FactView['data'] };
}
