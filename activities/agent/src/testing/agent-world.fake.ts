import { allowedPathsOf, type Plan, type PlanSubject } from '@countersign/domain';
import { canonicalText, sha256Hex } from '@countersign/domain/digest';
import { aGateEvidence, aPlan, aSpec, anEvidence } from '@countersign/domain/testing';
import { fakeEgressBrokers, type FakeEgressBrokers } from '@countersign/egress/testing';
import type { AgentActivities } from '@countersign/workflow-contracts';
import { aBriefing, fakeEvidence, fakeRequestRecords, type FakeRequestRecords } from '@countersign/workflow-contracts/testing';

import { agentActivities } from '../agent.activities.js';
import { DEFAULT_AGENT_LIMITS, type AgentDeps } from '../agent-deps.js';
import { AGENT_GUARDS } from '../guards.js';
import { OfflineModel } from '../offline/offline.adapter.js';
import type { LanguageModelPort } from '../ports/language-model.port.js';
import { fakeAgentWorkspace, type FakeAgentWorkspace } from './agent-workspace.fake.js';
import { fakeJournal, type FakeJournal } from './journal.fake.js';
import { fakeToolSandbox, type FakeToolSandbox } from './tool-sandbox.fake.js';

const RUN = { workflowId: 'request-r1', runId: 'run-1' };

export type AgentWorld = {
  readonly deps: AgentDeps;
  readonly activities: AgentActivities;
  readonly records: FakeRequestRecords;
  readonly evidence: ReturnType<typeof fakeEvidence>;
  readonly sandbox: FakeToolSandbox;
  readonly egress: FakeEgressBrokers;
  readonly workspace: FakeAgentWorkspace;
  readonly journal: FakeJournal;
  readonly lines: readonly string[];
  readonly artifacts: ReadonlyMap<string, string>;
  readonly beats: readonly number[];
  readonly abort: AbortController;
  /** Makes the plan the approved one, on a commit. */
  approve(plan: Plan, baseCommit: string, over?: Partial<PlanSubject>): void;
  /** Takes a request through spec and plan as the workflow does; answers the plan's fact. */
  planned(title: string, body: string, baseCommit: string): Promise<Plan>;
};

/** Everything an agent needs, in memory but for the folders below `root`. */
export function agentWorld(root: string, model: LanguageModelPort = new OfflineModel()): AgentWorld {
  const records = fakeRequestRecords(aBriefing());
  const evidence = fakeEvidence();
  const sandbox = fakeToolSandbox();
  const egress = fakeEgressBrokers();
  const workspace = fakeAgentWorkspace(root);
  const journal = fakeJournal();
  const lines: string[] = [];
  const artifacts = new Map<string, string>();
  const beats: number[] = [];
  const abort = new AbortController();
  const deps: AgentDeps = {
    records,
    evidence,
    guards: AGENT_GUARDS,
    sandbox,
    egress,
    journal,
    model: () => model,
    workspaces: () => workspace,
    artifacts: {
      async put(bytes, { name, mediaType }) {
        const sha256 = sha256Hex(bytes);
        artifacts.set(sha256, Buffer.from(bytes).toString('utf8'));
        return { sha256, bytes: bytes.length, name, mediaType };
      },
    },
    redact: (text) => text.replaceAll('s3cret', '[redacted]'),
    log: () => ({ append: (text) => void lines.push(text) }),
    run: () => RUN,
    signal: () => abort.signal,
    heartbeat: ({ step }) => void beats.push(step),
    toolsDir: '/tools',
    images: { imageOf: async ({ image }) => image ?? 'tools:1' },
    installed: async () => undefined,
    toolsImage: 'tools:1',
    limits: DEFAULT_AGENT_LIMITS,
    now: () => 0,
  };
  const activities = agentActivities(deps);
  const world: AgentWorld = {
    ...{ deps, activities, records, evidence, sandbox, egress, workspace, journal, lines, artifacts, beats, abort },
    approve(plan, baseCommit, over = {}) {
      const { request } = records.brief;
      const subject: PlanSubject = {
        v: 1,
        gate: 'plan',
        request: { id: request.id, title: request.title },
        spec: aSpec(),
        plan,
        repository: '/src',
        baseCommit,
        allowedPaths: allowedPathsOf(plan),
        budget: records.brief.limits,
        policyVersion: 'v1',
        ...over,
      };
      const text = canonicalText(subject);
      const digest = sha256Hex(text);
      records.brief = { ...records.brief, subjects: [{ gate: 'plan', revision: 1, digest, text }] };
      evidence.evidence = anEvidence({ gates: [aGateEvidence({ gate: 'spec' }), aGateEvidence({ gate: 'plan', digest })] });
    },
    async planned(title, body, baseCommit) {
      records.brief = { ...records.brief, request: { ...records.brief.request, title, body } };
      const base = await records.putFact('r1', RUN, { kind: 'base', key: `base/${baseCommit}`, data: { baseCommit, targetRef: 'refs/heads/main', source: 'unchanged' } });
      const spec = await activities.writeSpec({ requestId: 'r1', feedback: [] });
      if (spec.kind !== 'written') throw new Error(`No spec: ${JSON.stringify(spec)}`);
      const plan = await activities.writePlan({ requestId: 'r1', specId: spec.factId, baseId: base.id, feedback: [] });
      if (plan.kind !== 'written') throw new Error(`No plan: ${JSON.stringify(plan)}`);
      return (await records.getFact('r1', RUN, 'plan', plan.factId))?.data.plan ?? aPlan();
    },
  };
  return world;
}
