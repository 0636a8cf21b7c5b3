import { randomUUID } from 'node:crypto';

import type { DecisionStatement, Gate, SubjectKind, Verdict, Vote } from '@countersign/domain';
import { canonicalBytes, canonicalText, sha256Hex } from '@countersign/domain/digest';
import { openEnvelope, readStatement } from '@countersign/verify';
import { UPDATES, workflowIdOf } from '@countersign/workflow-contracts';

import { makeDecision } from '../../../services/requests/src/decision/statement.js';
import type { Guards } from '../../../services/requests/src/guards.js';
import { sealed } from '../../../services/requests/src/signing/seal.js';
import type { Signer } from '../../../services/requests/src/signing/signer.port.js';
import type { Harness } from '../../../services/requests/test/harness.js';
import { ALLOW_MARK } from './allow.js';
import { atPlanReview } from './votes.js';
import type { Entry, Project, World } from './world.js';

/** A superuser's, of a whole installation or of a harness. */
export type Sql = <Row extends object>(text: string, values: readonly unknown[]) => Promise<readonly Row[]>;

/** The columns of `requests.decision` that an attacker has a use for. */
export type Stored = {
  readonly id: string;
  readonly request_id: string;
  readonly gate: SubjectKind;
  readonly revision: number;
  readonly digest: string;
  readonly actor: string;
  readonly verdict: Verdict;
  readonly envelope: string;
  readonly envelope_sha256: string;
  readonly live: boolean;
  readonly delivered: boolean;
};

/** One for each number of approvals: rows about votes need nothing of a project but that. */
const projects = new WeakMap<World, Map<number, Promise<Project>>>();

/** A request whose plan gate is open and asks for so many approvals. */
export async function planGate(world: World, approvalsRequired = 1): Promise<string> {
  const known = projects.get(world) ?? new Map<number, Promise<Project>>();
  projects.set(world, known);
  const project = known.get(approvalsRequired) ?? world.project(`votes-${approvalsRequired}`, { approvalsRequired });
  known.set(approvalsRequired, project);
  return atPlanReview(world, await project);
}

type Open = Pick<Stored, 'gate' | 'revision' | 'digest'>;

export const sqlOf = (of: World | Harness): Sql =>
  'asOwner' in of ? <Row extends object>(text: string, values: readonly unknown[]) => of.asOwner<Row>(text, values) : (text, values) => of.sql(text, values);

/** What the gate asks people to approve now. */
export async function openOf(of: World | Harness, requestId: string, gate: Gate): Promise<Open> {
  const [open] = await sqlOf(of)<Open>("SELECT gate, revision, digest FROM requests.gate_revision WHERE request_id = $1 AND gate = $2 AND state = 'open'", [requestId, gate]);
  if (!open) throw new Error(`The ${gate} gate of ${requestId} is not open`);
  return open;
}

export async function storedVote(of: World | Harness, id: string | null): Promise<Stored> {
  const [row] = await sqlOf(of)<Stored>('SELECT * FROM requests.decision WHERE id = $1', [id]);
  if (!row) throw new Error(`The vote ${id} is not stored`);
  return row;
}

/** The row once more, with these columns. */
export async function copyVote(of: World | Harness, id: string, over: Partial<Stored>): Promise<Stored> {
  const copy = { ...over, id: randomUUID(), update_id: randomUUID() };
  await sqlOf(of)('INSERT INTO requests.decision SELECT (jsonb_populate_record(d, $2::jsonb)).* FROM requests.decision d WHERE id = $1', [id, JSON.stringify(copy)]);
  return storedVote(of, copy.id);
}

export async function editVote(of: World | Harness, id: string, over: Partial<Stored>): Promise<Stored> {
  const columns = Object.keys(over).join(', ');
  const edited = `SELECT ${columns} FROM jsonb_populate_record(null::requests.decision, $2::jsonb)`;
  await sqlOf(of)(`UPDATE requests.decision SET (${columns}) = (${edited}) WHERE id = $1`, [id, JSON.stringify(over)]);
  return storedVote(of, id);
}

/** An approval of the open gate that is as it should be, but for who signed it. */
export async function forgeVote(of: World | Harness, requestId: string, gate: Gate, person: { readonly id: string; readonly name: string }, signer: Signer): Promise<Stored> {
  const [owner] = await sqlOf(of)<{ tenant_id: string; policy_version: string }>(
    'SELECT r.tenant_id, d.policy_version FROM requests.request r JOIN requests.decision d ON d.request_id = r.id WHERE r.id = $1 LIMIT 1',
    [requestId],
  );
  const made = await makeDecision(
    {
      ...(await openOf(of, requestId, gate)),
      requestId,
      tenantId: owner?.tenant_id ?? '',
      verdict: 'approve',
      actor: { kind: 'person', id: person.id, issuer: 'https://issuer.test', subject: person.name },
      roles: ['reviewer'],
      channel: 'cli',
      authentication: { acr: null, amr: ['pwd'], authTime: null },
      reason: null,
      policyVersion: owner?.policy_version ?? '',
      policyIds: [],
      at: new Date(),
    },
    (statement) => sealed(statement, signer),
  );
  const row = Object.fromEntries(Object.entries(made).map(([name, value]) => [name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]));
  await sqlOf(of)('INSERT INTO requests.decision SELECT * FROM jsonb_populate_record(null::requests.decision, $1::jsonb)', [JSON.stringify(row)]);
  return storedVote(of, made.id);
}

/** The stored bytes with another verdict in them, under the signature that they had. */
export function withVerdict({ envelope }: Stored, verdict: Verdict): Pick<Stored, 'verdict' | 'envelope' | 'envelope_sha256'> {
  const dsse = JSON.parse(envelope) as { readonly payload: string };
  const statement = JSON.parse(Buffer.from(dsse.payload, 'base64').toString()) as DecisionStatement;
  const payload = canonicalBytes({ ...statement, predicate: { ...statement.predicate, verdict } }).toString('base64');
  const edited = canonicalText({ ...dsse, payload });
  return { verdict, envelope: edited, envelope_sha256: sha256Hex(edited) };
}

/** In place of `voteOpener`: reads what a vote says and does not ask who signed it. */
export const blindly: Guards['voteOpener'] = Object.assign(
  () => (vote: Pick<Stored, 'envelope'>) => readStatement(openEnvelope(vote.envelope).payload) as DecisionStatement,
  { mark: ALLOW_MARK },
);

/** What the lifecycle is told of a vote. */
export function copyOf({ id, verdict, actor, envelope }: Stored, { gate, revision, digest }: Open): Vote {
  return { id, gate: gate as Gate, revision, digest, verdict, actor, envelope };
}

/** Straight to Temporal, past requests; whether the validator let it in. */
export async function sendVote(world: World, requestId: string, vote: Vote, updateId: string = randomUUID()): Promise<boolean> {
  const answer = await world.temporal.workflow.getHandle(workflowIdOf(requestId)).executeUpdate(UPDATES.decide, { args: [vote], updateId });
  return (answer as { readonly recorded?: boolean }).recorded === true;
}

/** The entry that says why this very vote was dropped. */
export async function dropOf(world: World, requestId: string, voteId: string, code: string): Promise<Entry> {
  const left = await world.left(requestId, 'vote-dropped', code);
  if (left.payload['decision'] !== voteId) throw new Error(`${code} is about ${String(left.payload['decision'])} and not about ${voteId}`);
  return left;
}
