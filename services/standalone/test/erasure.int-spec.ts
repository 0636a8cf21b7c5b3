import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { readRootKey, verifyBundle } from '@countersign/verify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { type Services, startServices } from './services.js';

const ERASE = 'mutation ($input: PersonInput!) { erasePerson(input: $input) { person payloads texts notErased } }';
const SUSPEND = 'mutation ($input: PersonInput!) { suspendPerson(input: $input) { id } }';

let services: Services;
let admin: string;
const on = (person: string) => ({ input: { person } });

beforeAll(async () => {
  services = await startServices({ temporal: { address: '127.0.0.1:9', namespace: 'default' } });
  admin = await services.tokenFor('admin');
}, 120_000);
afterAll(() => services?.close(), 60_000);

/** The whole log as an auditor gets it, once it holds this many entries of these types. */
async function bundle(types: readonly string[]): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    await sleep(100);
    const text = await take();
    const entries = (JSON.parse(text) as { entries: { entry: string }[] }).entries.map(({ entry }) => Buffer.from(entry, 'base64').toString('utf8'));
    if (types.every((type) => entries.some((entry) => entry.includes(`"type":"${type}"`)))) return text;
  }
  throw new Error(`The log does not hold ${types.join()}`);
}

async function take(): Promise<string> {
  const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' };
  const made = await fetch(`${services.gateway.url}/audit/exports`, { method: 'POST', headers, body: '{}' });
  if (made.status !== 200) return '{"entries":[]}';
  const { id } = (await made.json()) as { id: string };
  return (await fetch(`${services.gateway.url}/audit/exports/${id}`, { headers })).text();
}

const verified = async (text: string) => verifyBundle(text, { root: readRootKey(await readFile(join(services.dir, 'signing', 'root.pub'), 'utf8')) });

describe('erasing a person through the gateway', () => {
  it('takes their name from every service, and the export verifies with what was erased of both', async () => {
    await services.ask(await services.tokenFor('reviewer'), '{ me { name } }');
    const before = await bundle(['sign-in', 'person.added']);
    expect(await verified(before)).toMatchObject({ exitCode: 0, erased: [] });
    await expect(services.ask(admin, ERASE, on('reviewer'))).rejects.toThrow('PERSON_NOT_SUSPENDED');
    await services.ask(admin, SUSPEND, on('reviewer'));

    const { erasePerson } = (await services.ask(admin, ERASE, on('reviewer'))) as { erasePerson: { person: string; payloads: number; notErased: string[] } };
    expect(erasePerson).toMatchObject({ payloads: expect.any(Number), notErased: expect.arrayContaining([expect.stringContaining('merge commits')]) });
    const text = await bundle(['erasure']);
    const verdict = await verified(text);
    // Added, signed in, suspended, and the erasure that came too early.
    expect([verdict.exitCode, verdict.erased.length, erasePerson.payloads]).toEqual([0, 4, 4]);
    const { people } = (await services.ask(admin, '{ people { edges { node { id name subject active } } } }')) as { people: { edges: { node: object }[] } };
    expect(people.edges.map(({ node }) => node)).toContainEqual({ id: erasePerson.person, name: 'erased person', subject: 'erased', active: false });
    expect(JSON.stringify(people)).not.toContain('Sample reviewer');
    await expect(services.ask(await services.tokenFor('reviewer'), '{ me { name } }')).rejects.toThrow('FORBIDDEN');
    expect(await services.ask(admin, ERASE, on(erasePerson.person))).toMatchObject({ erasePerson: { payloads: 0, texts: 0 } });
  });

  it('is nothing for others, nor for oneself', async () => {
    await expect(services.ask(await services.tokenFor('maintainer'), ERASE, on('observer'))).rejects.toThrow('FORBIDDEN');
    await expect(services.ask(admin, ERASE, on('admin'))).rejects.toThrow('FORBIDDEN');
    await expect(services.ask(admin, ERASE, on('nobody'))).rejects.toThrow('NOT_FOUND');
  });
});
