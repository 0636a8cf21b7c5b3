import {
  CHECK_VERDICTS,
  EGRESS_PHASES,
  GATES,
  GATE_SETTINGS,
  GATE_STATES,
  ROLES,
  SEVERITIES,
  STATES,
  VERDICTS,
} from '@countersign/domain';
import { DOCUMENTS, IMPORT_STATES } from '@countersign/contracts';
import { registerEnumType } from '@nestjs/graphql';

/** GraphQL names allow no dash: `request-changes` is `request_changes` on the wire of this API. */
function graphqlEnum<Value extends string>(name: string, values: readonly Value[]): Record<string, Value> {
  const members = Object.fromEntries(values.map((value) => [value.replaceAll('-', '_'), value]));
  registerEnumType(members, { name });
  return members;
}

export const StateEnum = graphqlEnum('State', STATES);
export const GateEnum = graphqlEnum('Gate', GATES);
export const GateSettingEnum = graphqlEnum('GateSetting', GATE_SETTINGS);
export const GateStateEnum = graphqlEnum('GateState', GATE_STATES);
export const VerdictEnum = graphqlEnum('Verdict', VERDICTS);
export const RoleEnum = graphqlEnum('Role', ROLES);
export const SeverityEnum = graphqlEnum('Severity', SEVERITIES);
export const CheckVerdictEnum = graphqlEnum('CheckVerdict', CHECK_VERDICTS);
export const EgressPhaseEnum = graphqlEnum('EgressPhase', EGRESS_PHASES);
export const DocumentKindEnum = graphqlEnum('DocumentKind', DOCUMENTS);
export const ImportStateEnum = graphqlEnum('ImportState', IMPORT_STATES);
export const BoxEnum = graphqlEnum('Box', ['needsMe', 'waiting', 'running', 'done']);
export const OutcomeEnum = graphqlEnum('Outcome', ['recorded', 'pending', 'refused']);
export const DecisionStatusEnum = graphqlEnum('DecisionStatus', ['recorded', 'counted', 'dropped']);
export const ActorKindEnum = graphqlEnum('ActorKind', ['person', 'policy', 'gate-off']);
export const StageStateEnum = graphqlEnum('StageState', ['waiting', 'running', 'done', 'stopped']);
export const MergeRequestStateEnum = graphqlEnum('MergeRequestState', ['open', 'merged', 'closed']);
export const KeyPurposeEnum = graphqlEnum('KeyPurpose', ['decision', 'log']);
export const RevocationReasonEnum = graphqlEnum('RevocationReason', ['superseded', 'compromised']);
export const KeysOutcomeEnum = graphqlEnum('KeysOutcome', ['published', 'toSign']);
export const CommandScopeEnum = graphqlEnum('CommandScope', ['plan', 'any']);
