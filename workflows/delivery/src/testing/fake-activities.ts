import {
  GATE_CHANGES_STATE,
  GATE_NEXT_STATE,
  GATE_REVIEW_STATE,
  type Gate,
  type GateSetting,
  type State,
} from '@countersign/domain';
import type {
  AgentActivities,
  ApplyWordResult,
  Carry,
  PolicyActivities,
  RecordsActivities,
  SandboxActivities,
  VcsActivities,
} from '@countersign/workflow-contracts';

export type FakeWorld = {
  readonly calls: string[];
  readonly records: RecordsActivities;
  readonly agent: AgentActivities;
  readonly sandbox: SandboxActivities;
  readonly policy: PolicyActivities;
  readonly vcs: VcsActivities;
  state: State;
  settings: Record<Gate, GateSetting>;
  /** Votes that closeGate takes as verified, by decision id. */
  verdicts: Record<string, 'approve' | 'reject' | 'request-changes'>;
  words: Record<string, ApplyWordResult>;
  revisions: Partial<Record<Gate, number>>;
  required: number;
  windowMs: number;
  reminderMs: number;
  continueAsNewAfterEvents: number;
  /** Left out of the settings where undefined, as before there were models. */
  modelReview: boolean | undefined;
  overrides: {
    execute?: AgentActivities['execute'];
    check?: SandboxActivities['check'];
    merge?: VcsActivities['merge'];
    prepareMerge?: VcsActivities['prepareMerge'];
    writePlan?: AgentActivities['writePlan'];
    closeMergeRequest?: VcsActivities['closeMergeRequest'];
    begin?: RecordsActivities['begin'];
    review?: AgentActivities['review'];
    answer?: AgentActivities['answer'];
    postReview?: VcsActivities['review'];
  };
  recalled: Carry | undefined;
};

export const DIGEST = 'd'.repeat(64);

function recordsOf(world: () => FakeWorld): RecordsActivities {
  const note = (call: string): void => void world().calls.push(call);
  return {
    async begin(input) {
      note('begin');
      const { overrides } = world();
      if (overrides.begin) return overrides.begin(input);
      if (world().state === 'RECEIVED') world().state = 'SPECIFYING';
      const { reminderMs, continueAsNewAfterEvents, modelReview } = world();
      const common = { project: 'p', tenant: 't', requester: 'r', title: 'x', maxFixAttempts: 2, reminderMs, continueAsNewAfterEvents };
      return { state: world().state, settings: { ...common, ...(modelReview !== undefined && { modelReview }) } };
    },
    async recall() {
      note('recall');
      const { recalled } = world();
      if (!recalled) throw new Error('nothing to recall');
      return recalled;
    },
    async transition({ moves }) {
      note(`transition ${moves.join(',')}`);
      world().state = moves.at(-1) ?? world().state;
      return { state: world().state };
    },
    async openGate({ gate, reopened }) {
      note(`openGate ${gate}${reopened ? ` ${reopened.code}` : ''}`);
      const revision = (world().revisions[gate] ?? 0) + 1;
      world().revisions[gate] = revision;
      if (world().settings[gate] !== 'required') {
        world().state = gate === 'plan' ? 'EXECUTING' : GATE_NEXT_STATE[gate];
        return { outcome: 'passed', revision, state: world().state };
      }
      world().state = GATE_REVIEW_STATE[gate];
      const deadline = new Date(Date.now() + world().windowMs).toISOString();
      return { outcome: 'open', revision, digest: DIGEST, required: world().required, deadline, waitingFor: 'a reviewer', approvals: 0 };
    },
    async closeGate({ gate, decisionIds }) {
      note(`closeGate ${gate} ${decisionIds.join(',')}`);
      const known = decisionIds.filter((id) => world().verdicts[id]);
      const dropped = decisionIds.filter((id) => !world().verdicts[id]);
      if (known.some((id) => world().verdicts[id] === 'reject')) return { outcome: 'rejected' };
      if (known.some((id) => world().verdicts[id] === 'request-changes')) {
        world().state = GATE_CHANGES_STATE[gate];
        return { outcome: 'changes', feedbackId: known[0] ?? '', state: world().state, attemptsLeft: true };
      }
      if (known.length < world().required) return { outcome: 'open', dropped, waitingFor: 'one more' };
      world().state = gate === 'plan' ? 'EXECUTING' : GATE_NEXT_STATE[gate];
      return { outcome: 'passed', state: world().state };
    },
    async acquireSlot() {
      note('acquireSlot');
      world().state = 'EXECUTING';
      return { granted: true, place: 0 };
    },
    async applyWord({ wordId }) {
      note(`applyWord ${wordId}`);
      return world().words[wordId] ?? { kind: 'unknown' };
    },
    async pauseForBudget({ exceeded }) {
      note(`pauseForBudget ${exceeded}`);
    },
    async beginAttempt({ attempt }) {
      note(`beginAttempt ${attempt}`);
      return { allowed: true };
    },
    async remind({ reminder }) {
      note(`remind ${reminder}`);
    },
    async noteWaiting() {
      note('noteWaiting');
    },
    async noteUndo({ undo, error }) {
      note(`noteUndo ${undo}: ${error ?? 'done'}`);
    },
    async finish({ state, reason }) {
      note(`finish ${state}${reason === undefined ? '' : ` (${reason})`}`);
      world().state = state;
    },
  };
}

function workOf(world: () => FakeWorld): Pick<FakeWorld, 'agent' | 'sandbox' | 'policy' | 'vcs'> {
  const note = (call: string): void => void world().calls.push(call);
  return {
    agent: {
      async writeSpec() {
        note('writeSpec');
        return { kind: 'written', factId: 'spec' };
      },
      async writePlan(input) {
        note(`writePlan ${input.feedback.join(',')}`.trim());
        return world().overrides.writePlan?.(input) ?? { kind: 'written', factId: 'plan' };
      },
      async execute(input) {
        note(`execute ${input.attempt}`);
        return world().overrides.execute?.(input) ?? { kind: 'done', factId: `execution-${input.attempt}` };
      },
      async review(input) {
        note(`agent review ${input.executionId}`);
        return world().overrides.review?.(input) ?? { factId: 'model-review' };
      },
      async answer(input) {
        note(`answer ${input.wordId}`);
        await world().overrides.answer?.(input);
      },
    },
    sandbox: {
      async check(input) {
        note(`check ${input.mergePrepId ?? input.executionId}`);
        return world().overrides.check?.(input) ?? { factId: 'checks', verdict: 'passed', fixable: false };
      },
      async destroy() {
        note('destroy');
      },
      async reap() {
        return { containers: 0, workspaces: 0 };
      },
    },
    policy: {
      async measure() {
        note('measure');
        return { factId: 'measure', blocking: false };
      },
    },
    vcs: {
      async syncBase() {
        note('syncBase');
        return { factId: 'base', baseCommit: 'b' };
      },
      async push() {
        note('push');
        return { factId: 'publication' };
      },
      async openMergeRequest() {
        note('openMergeRequest');
        return { factId: 'mr', number: 1 };
      },
      async review(input) {
        note('review');
        const posted = await world().overrides.postReview?.(input);
        if (posted) return posted;
        const prepared = { kind: 'prepared', factId: 'prep', fastForward: true, targetTip: 't' } as const;
        return { factId: 'review', blocking: false, ...(input.prepare === true && { prepared }) };
      },
      async prepareMerge(input) {
        note('prepareMerge');
        return world().overrides.prepareMerge?.(input) ?? { kind: 'prepared', factId: 'prep', fastForward: true, targetTip: 't' };
      },
      async merge(input) {
        note('merge');
        return world().overrides.merge?.(input) ?? { kind: 'merged', factId: 'merge', commit: 'c' };
      },
      async closeMergeRequest(input) {
        note('closeMergeRequest');
        await world().overrides.closeMergeRequest?.(input);
      },
      async deleteBranch() {
        note('deleteBranch');
      },
    },
  };
}

/** Every activity of the lifecycle in memory; each call is recorded, verdicts come from `verdicts`. */
export function fakeWorld(over: Partial<FakeWorld> = {}): FakeWorld {
  const world: FakeWorld = {
    calls: [],
    records: recordsOf(() => world),
    ...workOf(() => world),
    state: 'RECEIVED',
    settings: { spec: 'off', plan: 'required', diff: 'policy', merge: 'required' },
    verdicts: {},
    words: {},
    revisions: {},
    required: 1,
    windowMs: 14 * 24 * 3_600_000,
    reminderMs: 24 * 3_600_000,
    continueAsNewAfterEvents: 4000,
    modelReview: undefined,
    overrides: {},
    recalled: undefined,
    ...over,
  };
  return world;
}
