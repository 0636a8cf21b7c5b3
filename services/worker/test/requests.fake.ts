import { requestsRpc, type RpcInput, type RpcOutput } from '@countersign/contracts';
import { type Caller, Rpc } from '@countersign/platform';
import { aBriefing } from '@countersign/workflow-contracts/testing';
import { Controller, Module } from '@nestjs/common';

import { TestKeys } from '../src/testing/signed-evidence.fake.js';

type Input<Name extends keyof typeof requestsRpc> = RpcInput<typeof requestsRpc, Name>;
type Output<Name extends keyof typeof requestsRpc> = Promise<RpcOutput<typeof requestsRpc, Name>>;

/** Sign what it answers about approvals. */
export const TEST_KEYS = new TestKeys();

/** What the fake services/requests was asked, and what it answers. */
export const asked: { calls: { name: string; by: string; input: unknown }[]; over: Set<string> } = { calls: [], over: new Set() };

function note(name: string, caller: Caller, input: unknown): void {
  asked.calls.push({ name, by: caller.kind === 'service' ? caller.name : caller.subject, input });
}

@Controller()
class FakeRequestsController {
  @Rpc(requestsRpc, 'activity.briefing')
  async briefing(caller: Caller, input: Input<'activity.briefing'>): Output<'activity.briefing'> {
    note('briefing', caller, input);
    return structuredClone(aBriefing()) as unknown as Awaited<Output<'activity.briefing'>>;
  }

  @Rpc(requestsRpc, 'activity.putFact')
  async putFact(caller: Caller, input: Input<'activity.putFact'>): Output<'activity.putFact'> {
    note('putFact', caller, input);
    return { id: 'f1' };
  }

  @Rpc(requestsRpc, 'activity.getFact')
  async getFact(caller: Caller, input: Input<'activity.getFact'>): Output<'activity.getFact'> {
    note('getFact', caller, input);
    return null;
  }

  @Rpc(requestsRpc, 'activity.latestFact')
  async latestFact(caller: Caller, input: Input<'activity.latestFact'>): Output<'activity.latestFact'> {
    note('latestFact', caller, input);
    return { id: 'f1', kind: 'base', data: { baseCommit: 'a', targetRef: 'main', source: 'fetched' } };
  }

  @Rpc(requestsRpc, 'activity.feedback')
  async feedback(caller: Caller, input: Input<'activity.feedback'>): Output<'activity.feedback'> {
    note('feedback', caller, input);
    return input.ids.map((id) => `text of ${id}`);
  }

  @Rpc(requestsRpc, 'activity.addUsage')
  async addUsage(caller: Caller, input: Input<'activity.addUsage'>): Output<'activity.addUsage'> {
    note('addUsage', caller, input);
    return input.usage;
  }

  @Rpc(requestsRpc, 'activity.noteWaiting')
  async noteWaiting(caller: Caller, input: Input<'activity.noteWaiting'>): Output<'activity.noteWaiting'> {
    note('noteWaiting', caller, input);
    return {};
  }

  @Rpc(requestsRpc, 'activity.isOver')
  async isOver(caller: Caller, input: Input<'activity.isOver'>): Output<'activity.isOver'> {
    note('isOver', caller, input);
    return { over: asked.over.has(input.requestId) };
  }

  @Rpc(requestsRpc, 'activity.evidence')
  async evidence(caller: Caller, input: Input<'activity.evidence'>): Output<'activity.evidence'> {
    note('evidence', caller, input);
    return TEST_KEYS.evidence();
  }
}

@Module({ controllers: [FakeRequestsController] })
export class FakeRequestsModule {}
