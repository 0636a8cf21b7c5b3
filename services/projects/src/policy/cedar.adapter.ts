import { type CedarValueJson, isAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import type { policyInput, policyVerdict } from '@countersign/contracts';
import { AppError } from '@countersign/domain';
import type { Logger } from '@countersign/platform';
import type { z } from 'zod';

import { policyVersionOf } from './policy-schema.js';
import { checkPolicyText, type NamedPolicy, parsePolicySet, toStatic } from './policy-set.js';

export type PolicyQuestion = z.output<typeof policyInput> & { readonly maxDiffLines: number };
export type PolicyAnswer = z.output<typeof policyVerdict>;

const BROKEN = 'The policy engine failed and answers nothing until the service restarts';

/** Cedar in process. Whatever goes wrong is the answer `error`, so that a person decides. */
export class CedarAdapter {
  /** A WebAssembly instance that trapped has undefined memory: nothing it says afterwards may be believed. */
  private isBroken = false;

  constructor(private readonly logger: Pick<Logger, 'error' | 'warn'>) {}

  /** @throws AppError INVALID_INPUT naming the place; INTERNAL where the engine itself failed. */
  check(text: string): void {
    if (this.isBroken) throw new AppError('INTERNAL', BROKEN);
    try {
      checkPolicyText(text);
    } catch (error) {
      if (error instanceof AppError) throw error;
      throw this.broke(error);
    }
  }

  evaluate(text: string, question: PolicyQuestion): PolicyAnswer {
    const policyVersion = policyVersionOf(text);
    const failed = (reason: string): PolicyAnswer => ({ effect: 'error', policyIds: [], policyVersion, reasons: [reason] });
    if (this.isBroken) return failed(BROKEN);
    try {
      return { ...decide(parsePolicySet(text), question), policyVersion };
    } catch (error) {
      return failed((error instanceof AppError ? error : this.broke(error)).message);
    }
  }

  private broke(error: unknown): AppError {
    this.isBroken = true;
    this.logger.error({ err: error }, 'the policy engine failed; every policy gate now waits for a person');
    return new AppError('INTERNAL', BROKEN, { cause: error });
  }
}

function decide(policies: readonly NamedPolicy[], question: PolicyQuestion): Omit<PolicyAnswer, 'policyVersion'> {
  const context = contextOf(question);
  const request = { type: 'Request', id: question.requestId };
  const answer = isAuthorized({
    principal: { type: 'Engine', id: 'policy' },
    action: { type: 'Action', id: question.gate },
    resource: request,
    context,
    policies: { staticPolicies: toStatic(policies) },
    entities: [{ uid: request, attrs: {}, parents: [{ type: 'Project', id: question.projectId }] }],
  });
  if (answer.type === 'failure') return errored([], answer.errors.map(({ message }) => message));

  const { decision, diagnostics } = answer.response;
  // Cedar skips a policy that fails: a forbid that could not be evaluated would silently not forbid.
  if (diagnostics.errors.length > 0) {
    const ids = diagnostics.errors.map(({ policyId }) => policyId);
    return errored(ids, diagnostics.errors.map(({ policyId, error }) => `${policyId} could not be evaluated: ${error.message}`));
  }
  const deciding = policies.filter(({ id }) => diagnostics.reason.includes(id));
  if (deciding.length === 0) return { effect: 'none', policyIds: [], reasons: [`No policy decides the ${question.gate} gate`] };
  return {
    effect: decision,
    policyIds: deciding.map(({ id }) => id),
    reasons: deciding.map((policy) => reasonOf(policy, context)),
  };
}

function errored(policyIds: string[], reasons: string[]): Omit<PolicyAnswer, 'policyVersion'> {
  return { effect: 'error', policyIds, reasons };
}

function contextOf({ gate, facts, maxDiffLines }: PolicyQuestion): Record<string, CedarValueJson> {
  const { checks, changedLines, pathsOutsidePlan, secrets, ciOrDependencyFiles, highestSeverity, risk } = facts;
  return {
    gate,
    maxDiffLines,
    pathsOutsidePlan,
    secrets,
    ciOrDependencyFiles,
    ...(checks === null ? {} : { checks }),
    ...(changedLines === null ? {} : { changedLines }),
    ...(highestSeverity === null ? {} : { highestSeverity }),
    ...(risk === null ? {} : { risk }),
  };
}

/** `{name}` in a reason becomes the fact of that name, where it is known. */
function reasonOf({ id, effect, reason }: NamedPolicy, context: Readonly<Record<string, CedarValueJson>>): string {
  if (reason === '') return effect === 'permit' ? `${id} permits it` : `${id} forbids it`;
  return reason.replaceAll(/\{(\w+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(context, name) ? String(context[name]) : placeholder,
  );
}
