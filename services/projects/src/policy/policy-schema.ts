import { sha256Hex } from '@countersign/domain/digest';

/** What a policy may speak of. `checks`, `changedLines`, `highestSeverity` and `risk` are absent until measured. */
export const POLICY_SCHEMA = `
entity Engine;
entity Project;
entity Request in [Project];

type Facts = {
  gate: String,
  checks?: String,
  changedLines?: Long,
  maxDiffLines: Long,
  pathsOutsidePlan: Long,
  secrets: Long,
  ciOrDependencyFiles: Long,
  highestSeverity?: String,
  risk?: String,
};

action spec, plan, diff, merge appliesTo { principal: Engine, resource: Request, context: Facts };
`;

/** Changes exactly when the text in force or what it may speak of changes. */
export function policyVersionOf(text: string): string {
  return sha256Hex(`${POLICY_SCHEMA}\n${text}`).slice(0, 16);
}
