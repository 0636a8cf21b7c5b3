import { CHECK_VERDICTS, EGRESS_PHASES, GATES, GATE_SETTINGS, GATE_STATES, SEVERITIES, STATES, VERDICTS } from '@countersign/domain';
import { budgetLimitsSchema } from '@countersign/domain/schema';
import { z } from 'zod';

const time = z.string();
export const stateSchema = z.enum(STATES);
export const gateSchema = z.enum(GATES);

export const requestItem = z.object({
  id: z.string(),
  title: z.string(),
  state: stateSchema,
  paused: z.boolean(),
  project: z.string(),
  requester: z.string(),
  waitingFor: z.string().nullable(),
  /** The viewer may decide the open gate now. */
  needsMe: z.boolean(),
  createdAt: time,
  updatedAt: time,
});

export const usageSchema = z.object({
  tokens: z.int(),
  costMicros: z.int().nullable(),
  wallClockMs: z.int(),
  attempts: z.int(),
  /** Of `tokens`, those that the provider read from its cache. */
  cachedTokens: z.int().exactOptional(),
});

export const decisionView = z.object({
  id: z.string(),
  actor: z.string(),
  actorKind: z.enum(['person', 'policy', 'gate-off']),
  verdict: z.enum(VERDICTS),
  status: z.enum(['recorded', 'counted', 'dropped']),
  code: z.string().nullable(),
  revision: z.int(),
  digest: z.string(),
  reason: z.string().nullable(),
  channel: z.string(),
  /** Shown beside every decision; `local-operator` is labelled. */
  amr: z.array(z.string()),
  policyIds: z.array(z.string()),
  at: time,
});

export const gateView = z.object({
  name: gateSchema,
  setting: z.enum(GATE_SETTINGS),
  state: z.enum(GATE_STATES),
  revision: z.int(),
  digest: z.string().nullable(),
  approvals: z.int(),
  required: z.int(),
  deadline: time.nullable(),
  /** Why it opened again, or why policy did not pass it. */
  account: z.string().nullable(),
  /** Verbs the viewer may use now, and why not where they may not. */
  mayDecide: z.boolean(),
  whyNot: z.string().nullable(),
  decisions: z.array(decisionView),
});

export const stageView = z.object({
  name: z.string(),
  state: z.enum(['waiting', 'running', 'done', 'stopped']),
  startedAt: time.nullable(),
  endedAt: time.nullable(),
  attempts: z.int(),
});

export const eventView = z.object({ seq: z.int(), at: time, type: z.string(), actor: z.string().nullable(), text: z.string() });

/** `byModel`: a model's own words; they decide nothing. */
export const commentView = z.object({
  id: z.string(),
  author: z.string(),
  text: z.string(),
  at: time,
  byModel: z.boolean(),
  /** The comment that this one answers. */
  answers: z.string().nullable(),
  /** The answer is not there yet; the text says what it waits for. */
  pending: z.boolean(),
});

export const findingSchema = z.object({
  rule: z.string(),
  severity: z.enum(SEVERITIES),
  message: z.string(),
  path: z.string().nullable(),
  line: z.int().nullable(),
  /** Of a model's finding; absent where a rule found it. */
  confidence: z.number().min(0).max(1).exactOptional(),
});

export const artifactRefSchema = z.object({ sha256: z.string(), bytes: z.int(), name: z.string(), mediaType: z.string() });

export const modelReviewView = z.object({
  reviewer: z.string(),
  headCommit: z.string(),
  passes: z.array(z.object({ name: z.string(), findings: z.int(), error: z.string().nullable() })),
});

export const egressView = z.object({
  phase: z.enum(EGRESS_PHASES),
  at: time,
  allowed: z.int(),
  refused: z.int(),
  tunnels: z.array(z.string()),
  refusedHosts: z.array(z.string()),
  log: artifactRefSchema,
});

export const requestDetail = requestItem.extend({
  body: z.string(),
  projectId: z.string(),
  requesterId: z.string(),
  branch: z.string(),
  baseCommit: z.string().nullable(),
  /** Revision of the plan; 0 before there is one. */
  revision: z.int(),
  gates: z.array(gateView),
  mergeRequest: z
    .object({ number: z.int(), url: z.string(), branch: z.string(), target: z.string(), state: z.enum(['open', 'merged', 'closed']) })
    .nullable(),
  merge: z.object({ commit: z.string(), bringHome: z.array(z.string()) }).nullable(),
  budget: z.object({ limits: budgetLimitsSchema, usage: usageSchema, exceeded: z.string().nullable() }),
  stages: z.array(stageView),
  events: z.array(eventView),
  comments: z.array(commentView),
  findings: z.array(findingSchema),
  /** Of the newest result; null where no language model reviewed it. */
  modelReview: modelReviewView.nullable(),
  checks: z.enum(CHECK_VERDICTS).nullable(),
  /** What ended it, or what the model said it cannot do. */
  outcome: z.object({ code: z.string().nullable(), message: z.string() }).nullable(),
  limitsNotEnforced: z.array(z.string()),
  /** What sandboxes asked of the network, newest first; tunnels were not inspected. */
  egress: z.array(egressView),
  /** Other verbs the viewer may use now. */
  may: z.object({ cancel: z.boolean(), pause: z.boolean(), resume: z.boolean(), raiseBudget: z.boolean(), comment: z.boolean(), repair: z.boolean() }),
  superseded: z.boolean(),
  author: z.string().nullable(),
});
