import type { requestsRpc } from '@countersign/contracts';
import type { ArtifactRef, BudgetUsage, FactKind, Facts } from '@countersign/domain';
import type { ServiceRpc } from '@countersign/platform';
import type { Briefing, CommentAnswer, RequestRecordsPort, RunRef, StoredFact, ThreadMessage } from '@countersign/workflow-contracts';

type RequestsRpc = ServiceRpc<typeof requestsRpc>;

/** The requests service over RPC. The service fences each call by the run that it names. */
export class RpcRequestRecords implements RequestRecordsPort {
  constructor(private readonly requests: RequestsRpc) {}

  briefing(requestId: string, run: RunRef): Promise<Briefing> {
    return this.requests.call('activity.briefing', { requestId, run });
  }

  putFact<K extends FactKind>(
    requestId: string,
    run: RunRef,
    fact: { readonly kind: K; readonly key: string; readonly data: Facts[K]; readonly artifacts?: readonly ArtifactRef[] },
  ): Promise<{ readonly id: string }> {
    const { kind, key, data, artifacts = [] } = fact;
    return this.requests.call('activity.putFact', { requestId, run, kind, key, data: data as never, artifacts: [...artifacts] });
  }

  async getFact<K extends FactKind>(requestId: string, run: RunRef, kind: K, id: string): Promise<StoredFact<K> | undefined> {
    return toFact<K>(await this.requests.call('activity.getFact', { requestId, run, kind, id }));
  }

  async latestFact<K extends FactKind>(requestId: string, run: RunRef, kind: K, of?: string): Promise<StoredFact<K> | undefined> {
    return toFact<K>(await this.requests.call('activity.latestFact', { requestId, run, kind, of }));
  }

  feedback(requestId: string, run: RunRef, ids: readonly string[]): Promise<readonly string[]> {
    return this.requests.call('activity.feedback', { requestId, run, ids: [...ids] });
  }

  addUsage(requestId: string, run: RunRef, key: string, usage: BudgetUsage): Promise<BudgetUsage> {
    return this.requests.call('activity.addUsage', { requestId, run, key, usage });
  }

  async noteWaiting(requestId: string, run: RunRef, waitingFor: string | null): Promise<void> {
    await this.requests.call('activity.noteWaiting', { requestId, run, waitingFor });
  }

  thread(requestId: string, run: RunRef, upTo?: readonly string[]): Promise<readonly ThreadMessage[]> {
    return this.requests.call('activity.thread', { requestId, run, ...(upTo !== undefined && { upTo: [...upTo] }) });
  }

  async answerComment(requestId: string, run: RunRef, answer: CommentAnswer): Promise<void> {
    await this.requests.call('activity.answerComment', { requestId, run, ...answer });
  }

  async noteAnswer(requestId: string, run: RunRef, note: { readonly wordId: string; readonly waitingFor: string | null }): Promise<void> {
    await this.requests.call('activity.noteAnswer', { requestId, run, ...note });
  }

  async isOver(requestId: string): Promise<boolean> {
    return (await this.requests.call('activity.isOver', { requestId })).over;
  }
}

/** The wire carries plain JSON; who measured the fact held it against its kind's type when it was stored. */
function toFact<K extends FactKind>(fact: { id: string; kind: FactKind; data: unknown } | null): StoredFact<K> | undefined {
  return fact === null ? undefined : (fact as StoredFact<K>);
}
