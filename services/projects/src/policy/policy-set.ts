import { checkParsePolicySet, type DetailedError, policySetTextToParts, policyToJson, validate } from '@cedar-policy/cedar-wasm/nodejs';
import { AppError } from '@countersign/domain';

import { excessOf } from './policy-limits.js';
import { POLICY_SCHEMA } from './policy-schema.js';

/** One policy under the id that verdicts name. */
export type NamedPolicy = { readonly id: string; readonly text: string; readonly reason: string; readonly effect: 'permit' | 'forbid' };

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Splits Cedar text into its policies. A policy is named by its `@id`, else by its place: `policy0`, `policy1`, …
 *
 * @throws AppError INVALID_INPUT (field `policy`) naming line and column of what is wrong.
 */
export function parsePolicySet(text: string): readonly NamedPolicy[] {
  const excess = excessOf(text);
  if (excess) throw invalid(text, excess.message, excess.at);
  const parsed = checkParsePolicySet({ staticPolicies: text });
  if (parsed.type === 'failure') throw invalidBy(text, parsed.errors[0]);

  const parts = policySetTextToParts(text);
  if (parts.type === 'failure') throw invalidBy(text, parts.errors[0]);

  // Cedar hands the parts out sorted by its own ids as text: policy0, policy1, policy10, policy2, …
  const places = parts.policies.map((_policy, place) => `policy${place}`).sort();
  const named = parts.policies.map((part, index) => toNamed(text, part, places[index] ?? `policy${index}`));
  const ids = new Set<string>();
  for (const { id } of named) {
    if (ids.has(id)) throw invalid(text, `two policies are called ${id}`);
    ids.add(id);
  }
  return named;
}

/**
 * The same, and holds the text against the schema: a policy that speaks of what does not exist would fail each time.
 *
 * @throws AppError INVALID_INPUT (field `policy`).
 */
export function checkPolicyText(text: string): void {
  const policies = parsePolicySet(text);
  const checked = validate({ schema: POLICY_SCHEMA, policies: { staticPolicies: toStatic(policies) } });
  if (checked.type === 'failure') throw invalidBy(text, checked.errors[0]);
  const [fault] = checked.validationErrors;
  if (!fault) return;
  const part = policies.find(({ id }) => id === fault.policyId)?.text ?? '';
  const start = fault.error.sourceLocations?.[0]?.start;
  throw invalid(text, `${fault.policyId}: ${described(fault.error)}`, Math.max(text.indexOf(part), 0) + (start ?? 0));
}

export function toStatic(policies: readonly NamedPolicy[]): Record<string, string> {
  return Object.fromEntries(policies.map(({ id, text }) => [id, text]));
}

function toNamed(text: string, part: string, place: string): NamedPolicy {
  const answer = policyToJson(part);
  if (answer.type === 'failure') throw invalidBy(text, answer.errors[0]);
  const { annotations, effect } = answer.json;
  const id = annotations?.['id'] ?? place;
  if (!ID.test(id)) throw invalid(text, `@id ${JSON.stringify(id)} must be letters, digits, dots and dashes`, text.indexOf(part));
  return { id, text: part, effect, reason: annotations?.['reason'] ?? '' };
}

const described = ({ message, help }: DetailedError): string => (help ? `${message} (${help})` : message);

function invalidBy(text: string, error: DetailedError | undefined): AppError {
  if (!error) return invalid(text, 'the text cannot be parsed');
  return invalid(text, described(error), error.sourceLocations?.[0]?.start);
}

/** `at` counts characters where it is ours and UTF-8 bytes where it is Cedar's: the same for plain policies. */
function invalid(text: string, message: string, at?: number): AppError {
  const before = at === undefined ? undefined : text.slice(0, at).split('\n');
  const where = before ? `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ` : '';
  return new AppError('INVALID_INPUT', `policy: ${where}${message}`, { field: 'policy' });
}
