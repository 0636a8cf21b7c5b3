import { GATES, VERDICTS, WORD_KINDS } from '@countersign/domain';
import { bodySchema, budgetLimitsSchema, reasonSchema, sha256, titleSchema } from '@countersign/domain/schema';
import { z } from 'zod';

import { idempotencyKey } from '../idempotency-key.js';
import { pageInput, pageOf } from '../paging.js';
import { rpc } from '../rpc-contract.js';
import { activityRpc } from './activity.rpc.js';
import { integrityRpc } from './integrity.rpc.js';
import { liveRpc } from './live.rpc.js';
import { artifactRefSchema, eventView, gateSchema, requestDetail, requestItem, stateSchema } from './view.schema.js';

const person = ['person'] as const;
const byId = z.object({ id: z.string().min(1).max(100) });
const answer = z.object({ state: stateSchema, paused: z.boolean() });

export const decideInput = byId.extend({
  gate: z.enum(GATES),
  digest: sha256,
  verdict: z.enum(VERDICTS),
  reason: reasonSchema.nullable(),
});

/** `recorded`: the lifecycle took it; `pending`: stored, delivery goes on; `refused`: nothing changed. */
export const decideOutput = z.object({
  outcome: z.enum(['recorded', 'pending', 'refused']),
  code: z.string().nullable(),
  message: z.string().nullable(),
  decisionId: z.string().nullable(),
  state: stateSchema,
});

export const wordInput = byId.extend({
  kind: z.enum(WORD_KINDS),
  /** Comment text, or the reason of a cancel or pause. */
  text: z.string().max(16_384).nullable(),
  /** raiseBudget: the new limits and the digest of the budget subject that was shown. */
  limits: budgetLimitsSchema.nullable(),
  digest: sha256.nullable(),
  /** The same word under the same key is stored and delivered once. */
  key: idempotencyKey.optional(),
});

export const createInput = z.object({
  project: z.string().min(1).max(200),
  title: titleSchema,
  body: bodySchema,
  /** The same input under the same key is one request. */
  key: idempotencyKey.optional(),
});

export const DOCUMENTS = ['spec', 'plan', 'diff', 'checks', 'review'] as const;

/** `digest` is the one `gates` shows (for checks: the checks digest inside the subjects). */
export const documentView = z.object({
  kind: z.enum(DOCUMENTS),
  digest: z.string().nullable(),
  revision: z.int().nullable(),
  /** The structured document. */
  data: z.json(),
  /** Markdown, or the patch for a diff, cut at `maxBytes`. */
  text: z.string(),
  truncated: z.boolean(),
  artifact: artifactRefSchema.nullable(),
  author: z.string().nullable(),
});

const auditView = eventView.extend({
  /** The entry's exact bytes: what the transparency log holds. */
  entry: z.string(),
  /** The signed document that the entry stands for (a DSSE envelope); null for other entries, and where it was erased. */
  document: z.string().nullable(),
  /** Whether its signature counts under the keys in force: `valid`, or the code that says why not. Null without a document. */
  signature: z.string().nullable(),
  /** What it stood for was erased; the entry stays. */
  erased: z.boolean(),
  /** Its place in the log, where a signed checkpoint proves these very bytes; null until it is integrated. */
  place: z.object({ origin: z.string(), index: z.int() }).nullable(),
});

/** services/requests: records, decisions, the audit trail. */
export const requestsRpc = {
  'requests.create': rpc(person, createInput, requestItem),
  'requests.list': rpc(
    person,
    pageInput.extend({
      state: stateSchema.optional(),
      project: z.string().optional(),
      /** needsMe: the viewer may decide now; waiting: parked on others; running; done: ended. */
      box: z.enum(['needsMe', 'waiting', 'running', 'done']).optional(),
    }),
    pageOf(requestItem),
  ),
  'requests.inbox': rpc(person, z.object({}), z.object({ needsMe: z.int(), waiting: z.int(), running: z.int(), done: z.int() })),
  'requests.get': rpc(person, byId, requestDetail),
  'requests.document': rpc(
    person,
    byId.extend({ kind: z.enum(DOCUMENTS), revision: z.int().positive().optional(), maxBytes: z.int().min(1).max(4_000_000).default(1_000_000) }),
    documentView,
  ),
  /** The subject's exact bytes as text; their SHA-256 is the digest. */
  'requests.subject': rpc(
    person,
    byId.extend({ gate: gateSchema, revision: z.int().positive().optional() }),
    z.object({ gate: gateSchema, revision: z.int(), digest: z.string(), text: z.string() }),
  ),
  'requests.decide': rpc(person, decideInput, decideOutput),
  'requests.word': rpc(person, wordInput, answer.extend({ outcome: z.enum(['recorded', 'pending', 'refused']), code: z.string().nullable(), message: z.string().nullable() })),
  'requests.budgetSubject': rpc(person, byId.extend({ limits: budgetLimitsSchema.partial() }), z.object({ digest: z.string(), text: z.string(), limits: budgetLimitsSchema })),
  'requests.repair': rpc(person, byId, answer),
  'requests.log': rpc(
    person,
    byId.extend({ after: z.int().min(0).default(0), limit: z.int().min(1).max(1_000_000).default(200_000) }),
    z.object({ text: z.string(), next: z.int(), ended: z.boolean() }),
  ),
  'requests.audit': rpc(person, byId.extend({ limit: z.int().min(1).max(500).default(200), after: z.string().max(500).optional() }), pageOf(auditView)),
  /** A piece of a stored artifact of the viewer's tenant, base64; at most 1 MB a call. */
  'artifacts.read': rpc(
    person,
    z.object({ sha256, offset: z.int().min(0), limit: z.int().min(1).max(1_000_000) }),
    z.object({ base64: z.string(), bytes: z.int(), name: z.string(), mediaType: z.string() }),
  ),
  ...activityRpc,
  ...liveRpc,
  ...integrityRpc,
} as const;
