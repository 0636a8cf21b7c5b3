import { randomUUID } from 'node:crypto';

import type { Guards } from '../../../../services/requests/src/guards.js';
import { FACTS, PATCH } from '../../../../services/requests/test/harness.js';
import { aPerson } from '../../../../services/requests/src/testing/projects.fake.js';
import { waitFor } from '../../src/index.js';
import { allow } from '../allow.js';
import type { Row } from '../row.js';
import { atPlanReview, isTaken, onRecords, passes, voteOf } from '../votes.js';
import { type Entry, must, type Person, type World } from '../world.js';

/** What the first tenant has and somebody of another one has learned of. */
type Theirs = { readonly id: string; readonly digest: string; readonly artifact: string; readonly decisionId: string };

/** Waits for its second approval. */
async function halfApproved(world: World): Promise<Theirs> {
  const id = await atPlanReview(world, await world.project('theirs', { approvalsRequired: 2 }));
  const { digest } = await world.gate(id, 'plan');
  const { decisionId } = await world.decide(world.people.reviewer, id, 'plan');
  await isTaken(world, decisionId);
  const [artifact] = await world.sql<{ sha256: string }>('SELECT sha256 FROM requests.artifact WHERE request_id = $1', [id]);
  return { id, digest, artifact: artifact?.sha256 ?? '', decisionId: decisionId ?? '' };
}

/** Admin of a tenant of their own, which no word of the product makes. */
async function stranger(world: World): Promise<Person & { readonly tenant: string }> {
  const person = await world.person('stranger', 'admin');
  const tenant = `other-${randomUUID()}`;
  await world.sql('INSERT INTO projects.tenant (id, name, created_at) VALUES ($1, $1, now())', [tenant]);
  await world.sql('UPDATE projects.role_binding SET tenant_id = $1 WHERE person_id = $2', [tenant, person.id]);
  await world.sql('UPDATE projects.person SET tenant_id = $1 WHERE id = $2', [tenant, person.id]);
  return { ...person, tenant };
}

/** The stranger's own request at its own plan gate. */
async function ownRequest(world: World, by: Person): Promise<string> {
  const name = `own-${randomUUID().slice(0, 6)}`;
  const input = { name, repo: world.source, settings: { requesterMayApprove: true } };
  must(await world.ask(by, 'mutation ($input: AddProjectInput!) { addProject(input: $input) { id } }', { input }));
  await waitFor(async () => (await world.sql<{ state: string }>('SELECT import_state AS state FROM projects.project WHERE name = $1', [name]))[0]?.state === 'ready', 60_000);
  const id = await world.request({ name }, by);
  await world.until(id, 'PLAN_REVIEW');
  return id;
}

/** What each way in answers: the title or bytes of the first tenant, or why not. */
async function visit(world: World, by: Person, { id, digest, artifact, decisionId }: Theirs): Promise<readonly string[]> {
  const read = (of: string) => world.ask(by, 'query ($id: ID!) { request(id: $id) { title } }', { id: of });
  const shown = await read(id);
  const asRequest = await read(decisionId);
  const download = await fetch(`${world.gateway}/artifacts/${artifact}`, { headers: { authorization: `Bearer ${by.token}` } });
  const file = download.ok ? 'bytes' : ((await download.json()) as { error: { code: string } }).error.code;
  const { outcome, code } = await world.decide(by, id, 'plan', { digest });
  return [shown.refusal ?? 'title', asRequest.refusal ?? 'title', file, code ?? outcome];
}

/** Somebody else's vote under its own id and bytes, sent to the engine for the stranger's own gate. */
async function replay(world: World, own: string, { decisionId }: Theirs): Promise<Entry> {
  const [vote] = await world.sql<object>('SELECT id, verdict, actor, envelope FROM requests.decision WHERE id = $1', [decisionId]);
  const { revision, digest } = await world.gate(own, 'plan');
  await world.temporal.workflow.getHandle(`request-${own}`).executeUpdate('decide', { args: [{ ...vote, gate: 'plan', revision, digest }] });
  return world.left(own, 'vote-dropped', 'VOTE_NOT_STORED');
}

/** The refusal is entered in the stranger's own log, and says nothing of what exists elsewhere. */
async function entryOf(world: World, tenant: string, { id, digest }: Theirs): Promise<Entry> {
  const [row] = await world.sql<{ entry: Buffer; payload: Buffer }>(
    `SELECT e.entry, p.payload FROM requests.audit_entry e JOIN requests.audit_payload p ON p.tenant_id = e.tenant_id AND p.sha256 = convert_from(e.entry, 'UTF8')::jsonb->>'payload'
     WHERE e.tenant_id = $1 AND e.request_id IS NULL AND convert_from(e.entry, 'UTF8')::jsonb->>'type' = 'decision-refused'`,
    [tenant],
  );
  if (!row) throw new Error(`Nothing was entered for ${tenant}`);
  const [entry, payload] = [row.entry.toString(), row.payload.toString()];
  if ([id, digest].some((word) => entry.includes(word) || payload.includes(word))) throw new Error(`The log of ${tenant} names what is another's`);
  return { ...(JSON.parse(entry) as Pick<Entry, 'type' | 'actor'>), payload: JSON.parse(payload) as Entry['payload'] };
}

/** Whether somebody of another tenant reads request and artifact and their vote is stored: all of it, or nothing. */
const comesThrough = (guards: Partial<Guards>): Promise<boolean> =>
  onRecords(guards, async (h) => {
    h.projects.add(aPerson('foreigner', { tenantId: 't2', grants: [{ role: 'admin', project: '*' }] }));
    const id = await h.create();
    const digest = await h.toPlanReview(id);
    await h.put(id, 'execution', FACTS.execution);
    const opens = (reading: Promise<unknown>): Promise<boolean> => reading.then(() => true, (error: { code?: string }) => (error.code === 'NOT_FOUND' ? false : Promise.reject(error)));
    const came = [
      await opens(h.requests.get(h.as('foreigner'), id)),
      await opens(h.documents.artifact(h.as('foreigner'), { sha256: PATCH.sha256, offset: 0, limit: 10 })),
      (await voteOf(h, id, 'foreigner', 'plan', digest, 'NOT_FOUND')) !== null,
    ];
    if (new Set(came).size !== 1) throw new Error(`Of request, artifact and vote came through: ${came.join()}`);
    const votes = await h.asOwner("SELECT 1 FROM requests.decision WHERE tenant_id = 't1' AND actor = 'foreigner'");
    return votes.length === 1;
  });

export const row: Row = {
  number: 42,
  title: "another tenant's decision id, artifact hash, request id",
  class: 'refused',
  guard: 'tenantOf',
  async control(world) {
    const [theirs, colleague] = await Promise.all([halfApproved(world), world.person('colleague', 'admin')]);
    const answers = await visit(world, colleague, theirs);
    if (answers.join() !== 'title,NOT_FOUND id,bytes,recorded') throw new Error(`A colleague gets ${answers.join()}`);
    await passes(world, theirs.id, 'plan');
  },
  async attack(world) {
    const [theirs, person] = await Promise.all([halfApproved(world), stranger(world)]);
    const answers = await visit(world, person, theirs);
    const codes = new Set(answers.map((answer) => answer.replace(' id', '')));
    const left = await entryOf(world, person.tenant, theirs);
    const own = await ownRequest(world, person);
    await replay(world, own, theirs);
    const honest = [await world.decide(person, own, 'plan'), await world.decide(world.people.admin, theirs.id, 'plan')];
    const works = [await passes(world, own, 'plan', person), await passes(world, theirs.id, 'plan')];
    const touched = (await world.entries(theirs.id)).some(({ actor }) => actor === person.id);
    const worksAfterwards = works.every(Boolean) && !touched && honest.every(({ outcome }) => outcome !== 'refused');
    return { class: 'refused', code: [...codes].join(), left, worksAfterwards };
  },
  // The project of the harness belongs to t1.
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ tenantOf: allow('t1') }) }),
};
