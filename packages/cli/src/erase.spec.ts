import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { FakeInstallation } from '../test/fake-installation.js';

const NOT_ERASED = ['Names in merge commits and in artifacts are not erased.'];
let fake: FakeInstallation;

beforeEach(async () => {
  fake = await FakeInstallation.start();
  fake.answers['{ me {'] = () => ({ data: { me: { subject: 'admin', roles: ['admin'], tenant: 't1' } } });
  await fake.run(['login', '--as', 'admin']);
});
afterEach(() => fake.close());

const answer = (payloads: number, texts: number) => ({ data: { erasePerson: { person: 'p-1', payloads, texts, notErased: NOT_ERASED } } });

describe('erase', () => {
  it('says how much was erased and what was not', async () => {
    fake.answers['erasePerson'] = () => answer(12, 7);
    const { exit, stdout } = await fake.run(['erase', '--person', 'ada', '--yes']);
    expect([exit, stdout]).toEqual([0, 'Erased 12 payloads and 7 texts of p-1. The log still holds; `verify` reports the payloads as erased.\nNames in merge commits and in artifacts are not erased.\n']);
    expect(fake.operations.at(-1)?.variables).toEqual({ input: { person: 'ada' } });
    expect((await fake.run(['erase', '--person', 'ada', '--yes', '--json'])).json()).toEqual(answer(12, 7).data.erasePerson);
  });

  it('that finds nothing more says so', async () => {
    fake.answers['erasePerson'] = () => answer(0, 0);
    expect((await fake.run(['erase', '--person', 'p-1', '--yes'])).stdout).toContain('Nothing of p-1 was left to erase.');
  });

  it('without --yes sends nothing, and says beforehand what it does not reach', async () => {
    const before = fake.operations.length;
    const { exit, stderr } = await fake.run(['erase', '--person', 'ada']);
    expect([exit, stderr, fake.operations.length]).toEqual([2, expect.stringContaining('merge commits and artifacts are not erased'), before]);
  });

  it.each([['ERASURE_TOO_EARLY', 4], ['PERSON_NOT_SUSPENDED', 4], ['FORBIDDEN', 3], ['NOT_FOUND', 5]])('%s ends with %i', async (code, exit) => {
    fake.answers['erasePerson'] = () => ({ errors: [{ message: `because ${code}`, extensions: { code, field: 'person' } }] });
    const ran = await fake.run(['erase', '--person', 'ada', '--yes', '--json']);
    expect([ran.exit, ran.json()]).toEqual([exit, { error: { code, message: `because ${code}`, field: 'person' } }]);
  });
});
