import { AppError, type ErrorCode, ERRORS } from '@countersign/domain';

import type { ModelUsage } from '../ports/language-model.port.js';

/** What is known where a call failed; enough for a sentence that says what to do. */
export type FaultContext = {
  /** `provider:model`. */
  readonly id: string;
  readonly model: string;
  /** As people call the provider. */
  readonly provider: string;
  /** Where it was called. */
  readonly host: string;
  readonly keyVariable: string | null;
  readonly baseUrlVariable: string | null;
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  /** Bounded, and without keys. */
  readonly hint: string | null;
};

type FaultRow = { readonly code: ErrorCode; readonly says: (context: FaultContext) => string };

const BY_ITSELF = 'The request goes on by itself.';
const AGAIN = 'The call is made again by itself.';

const after = ({ retryAfterMs }: FaultContext): string => (retryAfterMs === null ? '' : ` for ${Math.max(1, Math.ceil(retryAfterMs / 1000))} s`);
const or = (variable: string | null, text: string): string => (variable === null ? '' : text);

/** Every way in which a call fails, its code, and the one sentence a person sees. */
export const MODEL_FAULTS = {
  'rate-limited': { code: 'MODEL_RATE_LIMITED', says: (at) => `${at.provider} asks to slow down${after(at)}. ${BY_ITSELF}` },
  overloaded: { code: 'MODEL_RATE_LIMITED', says: (at) => `${at.provider} is overloaded${after(at)}. ${BY_ITSELF}` },
  'quota-used-up': {
    code: 'MODEL_RATE_LIMITED',
    says: (at) => `The account behind ${at.keyVariable ?? 'the key'} has no credit left at ${at.provider}: add some there, or choose another model. ${BY_ITSELF}`,
  },
  'provider-failed': { code: 'MODEL_UNAVAILABLE', says: (at) => `${at.provider} failed on its own side${at.status === null ? '' : ` (HTTP ${at.status})`}. ${AGAIN}` },
  unreachable: {
    code: 'MODEL_UNAVAILABLE',
    says: (at) => `${at.provider} could not be reached at ${at.host}: check the network${or(at.baseUrlVariable, ` and ${at.baseUrlVariable}`)}. ${AGAIN}`,
  },
  cut: { code: 'MODEL_UNAVAILABLE', says: (at) => `The connection to ${at.provider} broke off before the answer was complete. ${AGAIN}` },
  'timed-out': { code: 'MODEL_UNAVAILABLE', says: (at) => `${at.provider} did not answer in time. ${AGAIN}` },
  unreadable: { code: 'MODEL_UNAVAILABLE', says: (at) => `${at.provider} gave an answer that cannot be read. ${AGAIN}` },
  'key-invalid': {
    code: 'MODEL_KEY_INVALID',
    says: (at) => `${at.provider} does not accept the key: set a valid ${at.keyVariable ?? 'one'} and start Countersign again. The request waits until then.`,
  },
  'key-not-allowed': {
    code: 'MODEL_KEY_INVALID',
    says: (at) => `The key in ${at.keyVariable ?? 'the settings'} may not use ${at.model} at ${at.provider}: allow it there, or choose another model. The request waits until then.`,
  },
  'unknown-model': {
    code: 'MODEL_UNKNOWN',
    says: (at) => `${at.provider} at ${at.host} does not know the model ${at.model}: correct its name in the project's settings or in COUNTERSIGN_MODEL. The request waits until then.`,
  },
  'context-too-long': {
    code: 'MODEL_CONTEXT_TOO_LONG',
    says: (at) => `The request needs more text than ${at.id} takes at once: make it smaller, or choose a model with a larger window.`,
  },
  refused: { code: 'MODEL_REFUSED', says: (at) => `${at.id} refused to answer: say it in other words, or choose another model.` },
  filtered: { code: 'MODEL_FILTERED', says: (at) => `A content filter of ${at.provider} stopped ${at.id}: say it in other words, or choose another model.` },
  'output-cut': {
    code: 'MODEL_OUTPUT_INVALID',
    says: (at) => `${at.id} came to the end of what it may write before its answer was complete: ask for less at once, or choose another model.`,
  },
  redirected: {
    code: 'MODEL_CALL_REFUSED',
    says: (at) => `${at.host} answers with a redirect, which a key is not sent along: set ${at.baseUrlVariable ?? 'the base URL'} to the address it leads to.`,
  },
  'call-refused': {
    code: 'MODEL_CALL_REFUSED',
    says: (at) => `${at.provider} refused the call${at.status === null ? '' : ` (HTTP ${at.status})`}${at.hint === null ? '' : `, saying "${at.hint}"`}: choose another model, or tell whoever runs Countersign.`,
  },
  'not-configured': {
    code: 'MODEL_NOT_CONFIGURED',
    says: (at) => `${at.id} needs a key: set ${at.keyVariable ?? 'it'} and start Countersign again, or choose another model. The request waits until then.`,
  },
} as const satisfies Record<string, FaultRow>;

export type ModelFault = keyof typeof MODEL_FAULTS;

/** `usage`: what was spent on an answer that cannot be used. */
export function modelError(fault: ModelFault, context: FaultContext, usage?: ModelUsage): AppError {
  const { code, says } = MODEL_FAULTS[fault];
  const { id, status, retryAfterMs } = context;
  return new AppError(code, says(context), { details: { fault, model: id, status, ...(usage && { usage }) }, ...(retryAfterMs !== null && { retryAfterMs }) });
}

const SAMPLE: FaultContext = {
  id: 'openai:gpt-5',
  model: 'gpt-5',
  provider: 'OpenAI',
  host: 'api.openai.com',
  keyVariable: 'OPENAI_API_KEY',
  baseUrlVariable: 'OPENAI_BASE_URL',
  status: null,
  retryAfterMs: null,
  hint: null,
};
const SAMPLES: Readonly<Partial<Record<ModelFault, Partial<FaultContext>>>> = {
  'rate-limited': { retryAfterMs: 7_000 },
  'provider-failed': { status: 500 },
  'call-refused': { status: 400, hint: 'Invalid value' },
};

/** For docs/models.md, whose test compares. */
export function faultTable(): string {
  const rows = (Object.keys(MODEL_FAULTS) as ModelFault[]).map((fault) => {
    const { code, says } = MODEL_FAULTS[fault];
    return `| ${fault} | \`${code}\` | ${ERRORS[code].retry ? 'yes' : 'no'} | ${says({ ...SAMPLE, ...SAMPLES[fault] })} |`;
  });
  return ['| what happened | code | made again | what a person sees |', '|---|---|---|---|', ...rows].join('\n');
}
