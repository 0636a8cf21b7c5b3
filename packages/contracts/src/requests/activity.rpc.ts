import { answerTextSchema, projectSettingsSchema, budgetLimitsSchema } from '@countersign/domain/schema';
import { z } from 'zod';

import { rpc } from '../rpc-contract.js';
import { artifactRefSchema, stateSchema, usageSchema } from './view.schema.js';

const worker = ['worker'] as const;
const run = z.object({ workflowId: z.string(), runId: z.string() });
const fenced = z.object({ requestId: z.string().min(1).max(100), run });
const kind = z.enum([
  'base',
  'spec',
  'plan',
  'cannot',
  'execution',
  'checks',
  'measure',
  'publication',
  'mergeRequest',
  'review',
  'modelReview',
  'egress',
  'mergePrep',
  'conflict',
  'merge',
  'usage',
]);
/** A fact's data is checked against its kind's type by the one who measured it; the wire carries plain JSON. */
const fact = z.object({ id: z.string(), kind, data: z.json() });

export const briefingSchema = z.object({
  request: z.object({
    id: z.string(),
    tenantId: z.string(),
    title: z.string(),
    body: z.string(),
    requester: z.string(),
    state: stateSchema,
    createdAt: z.string(),
  }),
  project: z.object({
    id: z.string(),
    name: z.string(),
    repo: z.string(),
    bare: z.string(),
    branch: z.string(),
    settings: projectSettingsSchema,
  }),
  limits: budgetLimitsSchema,
  usage: usageSchema,
  subjects: z.array(z.object({ gate: z.string(), revision: z.int(), digest: z.string(), text: z.string() })),
  approvedBy: z.array(z.string()),
  mergeVote: z.object({ name: z.string(), at: z.string() }).nullable(),
});

const gate = z.enum(['spec', 'plan', 'diff', 'merge']);

const role = z.enum(['admin', 'maintainer', 'reviewer', 'observer']);
/** Where an entry lies in the tenant's transparency log; null until it is integrated. */
const logPlace = z.object({ origin: z.string(), index: z.int() }).nullable();

export const evidenceSchema = z.object({
  requestId: z.string(),
  requester: z.string(),
  requesterMayApprove: z.boolean(),
  policyVersion: z.string(),
  /** The newest list of keys: the stored text of its envelope. */
  keys: z.string(),
  logFault: z.string().nullable(),
  gates: z.array(
    z.object({
      gate,
      setting: z.enum(['required', 'policy', 'off']),
      revision: z.int(),
      digest: z.string(),
      required: z.int(),
      decisions: z.array(
        z.object({
          id: z.string(),
          envelope: z.string(),
          place: logPlace,
          live: z.boolean(),
          /** What the person is now; null for a machine's decision. */
          standing: z.object({ active: z.boolean(), roles: z.array(role) }).nullable(),
        }),
      ),
      passed: z.object({ envelope: z.string(), place: logPlace }).exactOptional(),
    }),
  ),
});

const threadMessage = z.object({
  id: z.string(),
  by: z.enum(['requester', 'admin', 'maintainer', 'reviewer', 'observer', 'model', 'countersign']),
  text: z.string(),
  at: z.string(),
  answers: z.string().nullable(),
});

/** What activities of services/worker call; each is fenced by the owner run. */
export const activityRpc = {
  'activity.briefing': rpc(worker, fenced, briefingSchema),
  'activity.putFact': rpc(
    worker,
    fenced.extend({ kind, key: z.string().min(1).max(500), data: z.json(), artifacts: z.array(artifactRefSchema).max(50).default([]) }),
    z.object({ id: z.string() }),
  ),
  'activity.getFact': rpc(worker, fenced.extend({ kind, id: z.string() }), fact.nullable()),
  'activity.latestFact': rpc(worker, fenced.extend({ kind, of: z.string().max(100).optional() }), fact.nullable()),
  'activity.feedback': rpc(worker, fenced.extend({ ids: z.array(z.string()).max(100) }), z.array(z.string())),
  'activity.addUsage': rpc(worker, fenced.extend({ key: z.string().min(1).max(500), usage: usageSchema }), usageSchema),
  'activity.noteWaiting': rpc(worker, fenced.extend({ waitingFor: z.string().max(2000).nullable() }), z.object({})),
  'activity.thread': rpc(worker, fenced.extend({ upTo: z.array(z.string()).max(100).optional() }), z.array(threadMessage)),
  'activity.answerComment': rpc(
    worker,
    fenced.extend({ wordId: z.string().min(1).max(100), author: z.string().min(1).max(200), text: answerTextSchema, byModel: z.boolean() }),
    z.object({}),
  ),
  'activity.noteAnswer': rpc(worker, fenced.extend({ wordId: z.string().min(1).max(100), waitingFor: z.string().max(2000).nullable() }), z.object({})),
  'activity.isOver': rpc(worker, z.object({ requestId: z.string() }), z.object({ over: z.boolean() })),
  'activity.evidence': rpc(worker, fenced, evidenceSchema),
} as const;
