import { z } from 'zod';

import type { EgressRule } from '../egress.js';
import { GATE_SETTINGS } from '../gates.js';
import { MODEL_PROVIDERS, OFFLINE_MODEL, parseModelId, type ModelChoice } from '../models.js';
import type { ProjectSettings } from '../project.js';
import { budgetLimitsSchema } from './request.schema.js';
import { boundedText } from './text.schema.js';

/** Names that look like they hold a secret: such a value would reach the sandbox in plain text. */
const SECRET_LOOKING = /(SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|API_?KEY|ACCESS_?KEY|AUTH)/i;

export const projectNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 lower-case letters, digits or dashes, not starting with a dash');

export const branchSchema = z
  .string()
  .min(1)
  .max(200)
  .regex(/^(?!-)(?!.*\.\.)(?!.*@\{)(?!.*\/\/)[^\s~^:?*[\\\x00-\x20\x7f]+(?<![./])$/, 'must be a branch name git accepts');

export const envSchema = z
  .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be an environment variable name'), boundedText(8192))
  .superRefine((env, context) => {
    for (const name of Object.keys(env)) {
      if (SECRET_LOOKING.test(name)) {
        context.addIssue({ code: 'custom', path: [name], message: 'looks like a secret; plain env must not hold one' });
      }
    }
  });

const DAY_MS = 24 * 3_600_000;
const gateSetting = z.enum(GATE_SETTINGS);

export const modelIdSchema = z
  .string()
  .max(200)
  .refine((id) => parseModelId(id) !== undefined, `must be ${OFFLINE_MODEL}, or provider:model with a provider of ${MODEL_PROVIDERS.slice(1).join(', ')}`);

const modelOrNone = modelIdSchema.nullable();
const modelChoiceSchema = z.strictObject({
  all: modelOrNone,
  spec: modelOrNone,
  plan: modelOrNone,
  execute: modelOrNone,
  review: modelOrNone,
  chat: modelOrNone,
}) satisfies z.ZodType<ModelChoice>;

const HOST = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/;

export const egressRuleSchema = z.strictObject({
  host: z.string().max(253).regex(HOST, 'must be a host name in lower case, or *.name for every name below it'),
  port: z.int().min(1).max(65_535).default(443),
  methods: z.array(z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])).max(7).default(['GET', 'HEAD']),
  tunnel: z.boolean().default(false),
  credential: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be the name of a credential').nullable().default(null),
}).refine(({ tunnel, credential }) => !tunnel || credential === null, {
  path: ['credential'],
  message: 'cannot be put into a tunnel, which is passed through unread',
}) satisfies z.ZodType<EgressRule>;

export const projectSettingsSchema = z.strictObject({
  gates: z.strictObject({ spec: gateSetting, plan: gateSetting, diff: gateSetting, merge: gateSetting }),
  approvalsRequired: z.int().min(1).max(20),
  requesterMayApprove: z.boolean(),
  image: z.string().min(1).max(500).nullable(),
  setupCommand: boundedText(8192).nullable(),
  testCommand: boundedText(8192).nullable(),
  env: envSchema,
  rules: boundedText(16_384),
  commands: z.enum(['plan', 'any']),
  limits: budgetLimitsSchema,
  maxFixAttempts: z.int().min(0).max(20),
  maxDiffLines: z.int().min(1).max(1_000_000),
  gateWindowMs: z.int().min(1000).max(365 * DAY_MS),
  reminderMs: z.int().min(1000).max(30 * DAY_MS),
  models: modelChoiceSchema,
  reviewBlocks: z.boolean(),
  egress: z.strictObject({ setup: z.array(egressRuleSchema).max(100), execute: z.array(egressRuleSchema).max(100) }),
}) satisfies z.ZodType<ProjectSettings>;
