import { isIncluded, leafHash, openNote } from '@countersign/verify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import type { LogFaultCode } from '../src/log/log-fault.js';
import { logKeys, type LogHarness, logHarness, until } from './log-harness.js';
import { signedNote } from '../src/log/checkpoint-note.js';
import type { TransparencyLog } from '../src/log/transparency-log.js';

let h: LogHarness;
let log: TransparencyLog;

beforeAll(async () => {
  h = await logHarness();
  log = h.openLog();
  log.start();
}, 60_000);
afterAll(() => h.close(), 60_000);

/** Twenty entries and their key list, in checkpoints of size 6, 11, 16 and 21. */
async function aLog(tenantId: string): Promise<string[]> {
  const entered: string[] = [];
  for (let batch = 0; batch < 4; batch += 1) {
    entered.push(...(await h.enter(tenantId, 5)));
    log.sequencer.hurry();
    await h.size(log, tenantId, entered.length + 1);
  }
  await until(async () => (await h.keeper.newest(`countersign.test/log/${tenantId}/1`))?.size === 21);
  return entered;
}

const sourceOf = `(SELECT source_id FROM log.leaf WHERE tenant_id = $1 AND n = 1 AND "index" = %)`;
const source = (index: number): string => sourceOf.replace('%', String(index));
const where = (index: number): string => `WHERE tenant_id = $1 AND n = 1 AND "index" = ${index}`;
const OTHER = `convert_to(replace(convert_from(entry, 'UTF8'), 'commented', 'decision!'), 'UTF8')`;
const HASH = `sha256('\\x00'::bytea || ${OTHER})`;
const swapLeaves = (a: number, b: number, columns: string): string =>
  `UPDATE log.leaf l SET (${columns}) = (SELECT ${columns} FROM log.leaf o WHERE o.tenant_id = l.tenant_id AND o.n = l.n AND o."index" = CASE l."index" WHEN ${a} THEN ${b} ELSE ${a} END)
    WHERE tenant_id = $1 AND n = 1 AND "index" IN (${a}, ${b})`;
const cut = (size: number): string[] => [
  `DELETE FROM log.leaf WHERE tenant_id = $1 AND n = 1 AND "index" >= ${size}`,
  `DELETE FROM log.node WHERE tenant_id = $1 AND n = 1 AND ("index" + 1) * (1::bigint << level) > ${size}`,
];

type Attack = {
  readonly name: string;
  /** As a superuser; `$1` is the tenant. */
  readonly sql: readonly string[];
  readonly found: { readonly code: LogFaultCode; readonly index: number | null };
  /** Indexes of entries that are void afterwards. */
  readonly lost: readonly number[];
  /** The size of the last checkpoint that holds. */
  readonly good: number;
};

const ATTACKS: readonly Attack[] = [
  { name: 'an audit entry edited', sql: [`UPDATE requests.audit_entry SET entry = ${OTHER} WHERE id = ${source(7)}`], found: { code: 'source-edited', index: 7 }, lost: [7], good: 21 },
  { name: 'an audit entry deleted', sql: [`DELETE FROM requests.audit_entry WHERE id = ${source(20)}`], found: { code: 'source-deleted', index: 20 }, lost: [20], good: 21 },
  {
    name: 'two audit entries swapped',
    sql: [`UPDATE requests.audit_entry a SET entry = (SELECT entry FROM log.leaf WHERE tenant_id = $1 AND "index" = CASE a.id WHEN ${source(3)} THEN 9 ELSE 3 END) WHERE id IN (${source(3)}, ${source(9)})`],
    found: { code: 'source-swapped', index: 3 },
    lost: [3, 9],
    good: 21,
  },
  { name: 'an entry of the log edited', sql: [`UPDATE log.leaf SET entry = ${OTHER} ${where(8)}`], found: { code: 'entry-edited', index: 8 }, lost: [], good: 6 },
  { name: 'an entry of the log edited with its hash', sql: [`UPDATE log.leaf SET entry = ${OTHER}, leaf_hash = ${HASH} ${where(8)}`], found: { code: 'entry-edited', index: 8 }, lost: [], good: 6 },
  {
    name: 'an entry edited in the log and in its service, with its hash',
    sql: [`UPDATE requests.audit_entry SET entry = ${OTHER} WHERE id = ${source(8)}`, `UPDATE log.leaf SET entry = ${OTHER}, leaf_hash = ${HASH} ${where(8)}`],
    found: { code: 'entry-edited', index: 8 },
    // Nothing that is left says what entry 8 was, and without it the path of its neighbour cannot be shown.
    lost: [8, 9],
    good: 6,
  },
  { name: 'only a leaf hash edited', sql: [`UPDATE log.leaf SET leaf_hash = sha256('x') ${where(12)}`], found: { code: 'hash-edited', index: 12 }, lost: [], good: 11 },
  { name: 'an entry deleted from the log', sql: [`DELETE FROM log.leaf ${where(13)}`], found: { code: 'entry-missing', index: 13 }, lost: [], good: 11 },
  { name: 'an entry deleted everywhere', sql: [`DELETE FROM requests.audit_entry WHERE id = ${source(13)}`, `DELETE FROM log.leaf ${where(13)}`], found: { code: 'entry-missing', index: 13 }, lost: [12, 13], good: 11 },
  { name: 'two entries of the log swapped', sql: [swapLeaves(7, 10, 'entry, leaf_hash')], found: { code: 'entries-swapped', index: 7 }, lost: [], good: 6 },
  { name: 'two neighbours of the log swapped as whole rows', sql: [swapLeaves(18, 19, 'entry, leaf_hash, payload, source'), `UPDATE log.leaf SET source_id = -"index" WHERE tenant_id = $1 AND "index" IN (18, 19)`, `UPDATE log.leaf l SET source_id = (SELECT id FROM requests.audit_entry a WHERE a.entry = l.entry) WHERE tenant_id = $1 AND "index" IN (18, 19)`], found: { code: 'entries-swapped', index: 18 }, lost: [], good: 16 },
  { name: 'the tail cut off the log', sql: cut(18), found: { code: 'truncated', index: 18 }, lost: [], good: 16 },
  { name: 'the tail cut off with its checkpoints', sql: [...cut(11), 'DELETE FROM log.checkpoint WHERE tenant_id = $1 AND size > 11'], found: { code: 'truncated', index: 11 }, lost: [], good: 11 },
  {
    name: 'the tail cut off everywhere',
    sql: [`DELETE FROM requests.audit_entry WHERE tenant_id = $1 AND id >= ${source(16)}`, ...cut(16), 'DELETE FROM log.checkpoint WHERE tenant_id = $1 AND size > 16'],
    found: { code: 'truncated', index: 16 },
    lost: [16, 17, 18, 19, 20],
    good: 16,
  },
  { name: 'a node edited', sql: [`UPDATE log.node SET hash = sha256('x') WHERE tenant_id = $1 AND level = 2 AND "index" = 1`], found: { code: 'node-edited', index: 4 }, lost: [], good: 6 },
  { name: 'a node deleted', sql: [`DELETE FROM log.node WHERE tenant_id = $1 AND level = 1 AND "index" = 3`], found: { code: 'node-edited', index: 6 }, lost: [], good: 6 },
  { name: 'a node added', sql: [`INSERT INTO log.node VALUES ($1, 1, 7, 9, sha256('x'))`], found: { code: 'node-edited', index: 21 }, lost: [], good: 21 },
  { name: 'the root of a checkpoint edited', sql: [`UPDATE log.checkpoint SET root = sha256('x') WHERE tenant_id = $1 AND size = 11`], found: { code: 'checkpoint-edited', index: 10 }, lost: [], good: 21 },
  { name: 'the note of the last checkpoint edited', sql: [`UPDATE log.checkpoint SET note = replace(note, E'\\n21\\n', E'\\n22\\n') WHERE tenant_id = $1 AND size = 21`], found: { code: 'checkpoint-edited', index: 20 }, lost: [], good: 16 },
  { name: 'the last checkpoint deleted', sql: ['DELETE FROM log.checkpoint WHERE tenant_id = $1 AND size = 21'], found: { code: 'truncated', index: 16 }, lost: [], good: 16 },
  { name: 'an entry skipped by moving the mark of what was taken', sql: [`INSERT INTO requests.audit_entry (tenant_id, entry, xid) SELECT $1, ${OTHER}, 1 FROM log.leaf ${where(4)}`], found: { code: 'entry-skipped', index: null }, lost: [], good: 21 },
];

describe.each(ATTACKS)('$name', ({ name, sql, found, lost, good }) => {
  const tenantId = `t-${ATTACKS.findIndex((one) => one.name === name)}`;
  let entered: string[];
  let later: string;

  it('is found and named, and nothing is appended any more', async () => {
    entered = await aLog(tenantId);
    await h.admin.query('BEGIN');
    for (const statement of sql) await h.admin.query(statement, statement.includes('$1') ? [tenantId] : []);
    await h.admin.query('COMMIT');
    const findings = await log.audit.sweep(tenantId);
    expect(findings[0]).toMatchObject(found);
    [later] = (await h.enter(tenantId, 1)) as [string];
    await new Promise((resolve) => setTimeout(resolve, 600));
    const status = await log.reader.status(tenantId);
    expect(status?.broken).toMatchObject({ code: findings[0]?.code });
    expect(status?.size).toBeLessThan(22);
    expect(await log.reader.faultOf(tenantId)).not.toBeNull();
  });

  it('is recovered from: what is intact counts again, what is not is listed and void, and the log goes on', async () => {
    const { account } = await log.recovery.recover(tenantId, 'admin');
    expect(account.lost.map(({ index }) => index)).toEqual(lost);
    expect(openNote(account.checkpoint ?? '').checkpoint.size).toBe(good);
    const leaves = await log.reader.leaves(tenantId, { n: 2 });
    expect(leaves.slice(0, 2).map(({ type }) => type)).toEqual(['log-recovered', 'keys']);
    expect((await log.reader.treeOf(tenantId))?.priorNote).toBe(account.checkpoint);
    const { rows } = await h.admin.query<{ payload: Buffer }>('SELECT payload FROM requests.audit_payload WHERE sha256 = $1', [leaves[0]?.payload]);
    expect(JSON.parse(rows[0]?.payload.toString() ?? '{}')).toMatchObject({ ...account, salt: expect.stringMatching(/^[0-9a-f]{32}$/) });
    const [next] = (await h.enter(tenantId, 1)) as [string];
    log.sequencer.hurry();
    await until(async () => (await log.reader.placesOf(tenantId, [next])).size === 1);
    expect(await log.audit.sweep(tenantId)).toEqual([]);

    const places = await log.reader.placesOf(tenantId, [...entered, later]);
    // Where only the service's row was damaged, the log itself still proves what it was.
    const isVoid = (index: number): boolean => lost.includes(index) && index >= good;
    expect([...entered, later].flatMap((payload, place) => (places.has(payload) ? [] : [place + 1]))).toEqual([...Array(21).keys()].filter(isVoid));
    const checkpoint = (await log.reader.checkpoint(tenantId))!;
    for (const { index, entry } of await log.reader.leaves(tenantId, { n: 2 })) {
      const proof = await log.reader.inclusion(tenantId, 2, index, checkpoint.size);
      expect(isIncluded({ index, size: checkpoint.size, leaf: leafHash(entry), proof, root: checkpoint.root })).toBe(true);
    }
    await expect(log.recovery.recover(tenantId, 'admin')).rejects.toMatchObject({ code: 'REPAIR_NOT_NEEDED' });
  });
});

describe('the sequencer by itself', () => {
  it.each([
    ['a node on the edge edited', [`UPDATE log.node SET hash = sha256('x') WHERE tenant_id = $1 AND level = 4`], 'node-edited'],
    ['an unpaired leaf edited', [`UPDATE log.leaf SET leaf_hash = sha256('x') ${where(20)}`], 'hash-edited'],
    ['the tail cut off with its checkpoints', [...cut(16), 'DELETE FROM log.checkpoint WHERE tenant_id = $1 AND size > 16'], 'truncated'],
  ])('notices at the next entry: %s', async (name, sql, code) => {
    const tenantId = `t-next-${name.length}`;
    await aLog(tenantId);
    await h.admin.query('BEGIN');
    for (const statement of sql) await h.admin.query(statement, [tenantId]);
    await h.admin.query('COMMIT');
    await h.enter(tenantId, 1);
    await until(async () => (await log.reader.status(tenantId))?.broken?.code === code);
  });

  it('does not go on from a log that another key signed anew', async () => {
    const tenantId = 't-resigned';
    await aLog(tenantId);
    const forger = logKeys();
    const { note, root } = (await log.reader.checkpoint(tenantId))!;
    const { origin, size } = openNote(note).checkpoint;
    const forged = await signedNote({ origin, size, root }, await forger.signer('log'));
    await h.admin.query('UPDATE log.checkpoint SET note = $2 WHERE tenant_id = $1 AND size = 21', [tenantId, forged]);
    await h.enter(tenantId, 1);
    await until(async () => (await log.reader.status(tenantId))?.broken?.code === 'checkpoint-edited');
  });

  it('stops at an audit entry that no service writes', async () => {
    const tenantId = 't-garbage';
    await aLog(tenantId);
    await h.enterRows(h.writers.requests, tenantId, [{ entry: Buffer.from('nonsense') }]);
    await until(async () => (await log.reader.status(tenantId))?.broken?.code === 'entry-malformed');
    const { account } = await log.recovery.recover(tenantId, 'admin');
    expect(account.lost).toEqual([]);
    await h.enter(tenantId, 1);
    await until(async () => (await log.reader.leaves(tenantId, { n: 2 })).length === 3);
  });

  it('takes a key as compromised: the log holds up to the size that is still good', async () => {
    const keys = logKeys();
    await log.close();
    log = h.openLog({ keys });
    log.start();
    const tenantId = 't-compromised';
    const entered = await aLog(tenantId);
    keys.rotate();
    keys.change((key) => (key === keys.list.keys[0] ? { ...key, revoked: { from: key.from, reason: 'compromised', good: { [`countersign.test/log/${tenantId}/1`]: 11 } } } : key));
    await h.enter(tenantId, 1);
    await until(async () => (await log.reader.status(tenantId))?.broken !== null);
    const { account } = await log.recovery.recover(tenantId, 'admin');
    expect(openNote(account.checkpoint ?? '').checkpoint.size).toBe(11);
    expect((await log.reader.placesOf(tenantId, entered)).size).toBe(20);
    expect(await log.audit.sweep(tenantId)).toEqual([]);
  });
});
