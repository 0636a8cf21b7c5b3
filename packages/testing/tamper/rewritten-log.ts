import { KEY_LIST_TYPE, openNote, STATEMENT_PAYLOAD_TYPE } from '@countersign/verify';
import { aKeyPair, type BundleValue, canonical, hashOf, inclusionProof, noteOf, sealed, treeRoot } from '@countersign/verify/testing';

import { TreeBuilder } from '../../../services/requests/src/log/merkle-tree.js';
import { harness } from '../../../services/requests/test/harness.js';
import { integrityHarness } from '../../../services/requests/test/integrity-harness.js';
import { asOne, type Scene } from './broken-log.js';
import { edited } from './damaged-log.js';

/** Before anything was decided. */
const SINCE = '2020-01-01T00:00:00.000Z';
const FORGER = { root: aKeyPair('a forged root'), decision: aKeyPair('a forged decision key'), log: aKeyPair('a forged log key') };

/** The whole log anew with the requester's attempt as the reviewer's, every checkpoint signed again with a key of the forger's. */
export async function rewriteLog(scene: Scene): Promise<void> {
  const { world, tenant, n, leaf } = scene;
  const [from, to] = [world.people.maintainer.id, world.people.reviewer.id];
  const ofLog = `tenant_id = '${tenant}' AND n = ${n}`;
  const [origin] = await world.sql<{ origin: string }>('SELECT origin FROM log.tree WHERE tenant_id = $1 AND n = $2', [tenant, n]);
  const leaves = await world.sql<{ index: number; entry: Buffer }>(`SELECT "index"::int AS index, entry FROM log.leaf WHERE ${ofLog} ORDER BY 1`);
  const sizes = new Set((await world.sql<{ size: number }>(`SELECT size::int AS size FROM log.checkpoint WHERE ${ofLog}`)).map(({ size }) => size));
  const builder = new TreeBuilder();
  const nodes: string[] = [];
  const checkpoints: string[] = [];
  for (const { index, entry } of leaves) {
    const written = index === leaf ? Buffer.from(entry.toString().replaceAll(from, to)) : entry;
    nodes.push(...builder.push(leafHashOf(written)).map((node) => `('${tenant}', ${n}, ${node.level}, ${node.index}, '\\x${node.hash.toString('hex')}')`));
    const { size } = builder;
    if (!sizes.has(size)) continue;
    const root = builder.root();
    const note = noteOf({ origin: origin?.origin ?? '', size, root }, FORGER.log);
    checkpoints.push(`UPDATE log.checkpoint SET root = '\\x${root.toString('hex')}', note = '${note}' WHERE ${ofLog} AND size = ${size}`);
  }
  const anew = [`DELETE FROM log.node WHERE ${ofLog}`, `INSERT INTO log.node (tenant_id, n, level, "index", hash) VALUES ${nodes.join(', ')}`];
  await asOne(scene, [...edited(scene, leaf, from, to), ...anew, ...checkpoints]);
}

const leafHashOf = (entry: Buffer): Buffer => treeRoot([entry]);

type Envelope = { readonly payloadType: string; readonly payload: string };
type Statement = { readonly predicate: { readonly decisions?: readonly string[] } };

/** A bundle whose every statement, key list and checkpoint is the forger's, with one person's acts as another's. */
export function forgedBundle(text: string, from: string, to: string): string {
  const bundle = JSON.parse(text) as BundleValue;
  const { origin } = openNote(bundle.checkpoint).checkpoint;
  const listed = ([purpose, { id, publicKey }]: readonly ['decision' | 'log', typeof FORGER.log]) => ({ id, purpose, public: publicKey.toString('base64'), from: SINCE, to: null, revoked: null });
  const keys = ([['decision', FORGER.decision], ['log', FORGER.log]] as const).map(listed);
  const list = sealed(KEY_LIST_TYPE, { v: 1, number: 1, at: SINCE, root: FORGER.root.publicKey.toString('base64'), keys }, FORGER.root);
  const resealed = new Map<string, string>();
  const payloadOf = (type: unknown, payload: string): string => {
    if (type === 'keys') return list;
    if (type !== 'decision' && type !== 'gate-passed') return payload;
    const said = Buffer.from((JSON.parse(payload) as Envelope).payload, 'base64').toString().replaceAll(from, to);
    const { predicate, ...statement } = JSON.parse(said) as Statement;
    const decisions = predicate.decisions?.map((hash) => resealed.get(hash) ?? hash);
    return sealed(STATEMENT_PAYLOAD_TYPE, { ...statement, predicate: { ...predicate, ...(decisions && { decisions }) } }, FORGER.decision);
  };
  const made = bundle.entries.map(({ entry, payload }) => {
    const told = JSON.parse(Buffer.from(entry, 'base64').toString().replaceAll(from, to)) as Record<string, unknown>;
    const anew = payload === null ? null : payloadOf(told['type'], Buffer.from(payload, 'base64').toString());
    const hash = anew === null ? String(told['payload']) : hashOf(anew);
    resealed.set(String(told['payload']), hash);
    return { entry: Buffer.from(canonical({ ...told, payload: hash })), payload: anew };
  });
  const leaves = made.map(({ entry }) => entry);
  const entries = made.map(({ entry, payload }, index) => ({
    index,
    entry: entry.toString('base64'),
    payload: payload === null ? null : Buffer.from(payload).toString('base64'),
    proof: inclusionProof(index, leaves).map((hash) => hash.toString('hex')),
  }));
  const checkpoint = noteOf({ origin, size: leaves.length, root: treeRoot(leaves) }, FORGER.log);
  return canonical({ ...bundle, keys: [list], checkpoint, consistency: null, entries });
}

/** What services/requests exports of a request whose plan was approved, on a real Postgres. */
export async function anExport(): Promise<{ readonly text: string; readonly root: Uint8Array }> {
  const h = await harness();
  const { exports, integrated, close } = await integrityHarness(h);
  try {
    const id = await h.create();
    const { decisionId } = await h.vote(id, 'reviewer', 'plan', await h.toPlanReview(id));
    await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] });
    await integrated();
    const made = await exports.make(h.as('observer'), { request: id });
    const { base64 } = await exports.read(h.as('observer'), { id: made.id, offset: 0, limit: made.bytes });
    return { text: Buffer.from(base64, 'base64').toString(), root: h.keys.root };
  } finally {
    await close();
    await h.close();
  }
}
