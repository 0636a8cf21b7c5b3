import { anEvidence } from '@countersign/domain/testing';
import { logBlock } from '@countersign/domain';

import type { TransparencyLogDeps } from '../../../services/requests/src/log/transparency-log.js';
import { logHarness, until } from '../../../services/requests/test/log-harness.js';

const TENANT = 'tenant';
const BATCHES = 4;
const EACH = 5;

/** Where a row of the log lies. */
export type LogOf = { readonly tenant: string; readonly n: number };

const at = ({ tenant, n }: LogOf, leaf: number): string => `tenant_id = '${tenant}' AND n = ${n} AND "index" = ${leaf}`;
const sourceOf = (log: LogOf, leaf: number): string => `(SELECT source_id FROM log.leaf WHERE ${at(log, leaf)})`;

/** Another text in an entry, in the service's table and in the log, whose hash of it is made to fit. */
export function edited(log: LogOf, leaf: number, from: string, to: string): readonly string[] {
  const other = `convert_to(replace(convert_from(entry, 'UTF8'), '${from}', '${to}'), 'UTF8')`;
  return [
    `UPDATE requests.audit_entry SET entry = ${other} WHERE id = ${sourceOf(log, leaf)}`,
    `UPDATE log.leaf SET entry = ${other}, leaf_hash = sha256('\\x00'::bytea || ${other}) WHERE ${at(log, leaf)}`,
  ];
}

/** In the service's table and in the log. */
export function deleted(log: LogOf, leaf: number): readonly string[] {
  return [`DELETE FROM requests.audit_entry WHERE id = ${sourceOf(log, leaf)}`, `DELETE FROM log.leaf WHERE ${at(log, leaf)}`];
}

/** Every entry after a deleted one moves up, so that no number is missing. */
export function closedUp({ tenant, n }: LogOf, leaf: number): readonly string[] {
  const ofLog = `tenant_id = '${tenant}' AND n = ${n}`;
  return [`UPDATE log.leaf SET "index" = -"index" WHERE ${ofLog} AND "index" > ${leaf}`, `UPDATE log.leaf SET "index" = -"index" - 1 WHERE ${ofLog} AND "index" < 0`];
}

/** Each in the other's place, in the log and in the service's table. */
export function swapped(log: LogOf, a: number, b: number): readonly string[] {
  const columns = 'entry, leaf_hash, payload, type, request_id, at';
  const both = `tenant_id = '${log.tenant}' AND n = ${log.n} AND "index" IN (${a}, ${b})`;
  return [
    `UPDATE log.leaf l SET (${columns}) = (SELECT ${columns} FROM log.leaf o WHERE o.tenant_id = l.tenant_id AND o.n = l.n AND o."index" = CASE l."index" WHEN ${a} THEN ${b} ELSE ${a} END) WHERE ${both}`,
    `UPDATE requests.audit_entry s SET entry = (SELECT entry FROM log.leaf WHERE ${both} AND source = 'requests' AND source_id = s.id) WHERE id IN (${sourceOf(log, a)}, ${sourceOf(log, b)})`,
  ];
}

/** The log and the service's table end before `size`, and so do the checkpoints: nothing in the database says that there was more. */
export function cutAt(log: LogOf, size: number): readonly string[] {
  const ofLog = `tenant_id = '${log.tenant}' AND n = ${log.n}`;
  return [
    `DELETE FROM requests.audit_entry WHERE tenant_id = '${log.tenant}' AND id >= (SELECT min(source_id) FROM log.leaf WHERE ${ofLog} AND "index" >= ${size} AND source = 'requests')`,
    `DELETE FROM log.leaf WHERE ${ofLog} AND "index" >= ${size}`,
    `DELETE FROM log.node WHERE ${ofLog} AND ("index" + 1) * (1::bigint << level) > ${size}`,
    `DELETE FROM log.checkpoint WHERE ${ofLog} AND size > ${size}`,
  ];
}

/**
 * Whether damage done to a log of 21 entries while nothing ran stays unknown to who opens it then: nothing is found, it goes
 * on, and a push that rests on it goes ahead. Checkpoints are at 6, 11, 16 and 21.
 */
export async function staysUnknown(damage: (log: LogOf) => readonly string[], over: Partial<TransparencyLogDeps> = {}): Promise<boolean> {
  const h = await logHarness();
  try {
    const first = h.openLog();
    first.start();
    for (let batch = 1; batch <= BATCHES; batch += 1) {
      await h.enter(TENANT, EACH);
      first.sequencer.hurry();
      await h.size(first, TENANT, batch * EACH + 1);
    }
    await first.close();
    for (const statement of damage({ tenant: TENANT, n: 1 })) await h.admin.query(statement);

    const log = h.openLog(over);
    const found = await log.audit.sweep(TENANT);
    const size = (await log.reader.status(TENANT))?.size ?? 0;
    log.start();
    await h.enter(TENANT, 1);
    const goesOn = async (): Promise<boolean> => ((await log.reader.status(TENANT))?.size ?? 0) > size;
    await until(async () => (await goesOn()) || (await log.reader.faultOf(TENANT)) !== null);
    const logFault = await log.reader.faultOf(TENANT);
    return found.length === 0 && (await goesOn()) && logBlock('vcs.push', anEvidence({ logFault })) === undefined;
  } finally {
    await h.close();
  }
}
