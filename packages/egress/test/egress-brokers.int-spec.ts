import { chmod, mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { NO_EGRESS } from '@countersign/domain';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { egressBrokers } from '../src/egress-brokers.js';
import { aRule } from '../src/testing/broker-world.js';

const CREDENTIALS = JSON.stringify({ npm: { hosts: ['api.test'], header: 'authorization', value: 'Bearer sesame', projects: ['shop'] } });
const project = { id: 'p1', name: 'shop' };

describe('brokers of an installation', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'brokers-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const file = (): string => join(dir, 'egress.json');
  const open = (over: { readonly rules?: readonly ReturnType<typeof aRule>[]; readonly root?: string; readonly extraCaFile?: string } = {}) => {
    const { rules = [aRule({ credential: 'npm' })], root = dir, extraCaFile } = over;
    const brokers = egressBrokers({ dir: join(root, 'egress'), credentialsFile: file(), privateHosts: [], ...(extraCaFile && { extraCaFile }) });
    return brokers.open({ project, settings: { ...NO_EGRESS, execute: rules }, phase: 'execute', workspace: dir, tell: () => undefined });
  };

  it('are not opened where no rule allows anything', async () => {
    expect(await open({ rules: [] })).toBeUndefined();
    expect(await readdir(dir)).toEqual([]);
  });

  it('say beforehand what they would refuse', async () => {
    const brokers = egressBrokers({ dir: join(dir, 'egress'), credentialsFile: file(), privateHosts: [] });
    const check = (rules: readonly ReturnType<typeof aRule>[]) => brokers.check({ project, settings: { ...NO_EGRESS, execute: rules } });
    await expect(check([aRule({ credential: 'npm' })])).rejects.toMatchObject({ code: 'EGRESS_REFUSED' });
    await writeFile(file(), CREDENTIALS, { mode: 0o600 });
    await check([aRule({ credential: 'npm' })]);
    await chmod(file(), 0o644);
    await check([]);
    await expect(check([aRule()])).rejects.toMatchObject({ code: 'EGRESS_UNAVAILABLE' });
    expect(await readdir(dir)).toEqual(['egress.json']);
  });

  it('read the credentials that only we can read, anew each time', async () => {
    await expect(open()).rejects.toMatchObject({ code: 'EGRESS_REFUSED', message: expect.stringContaining('does not have') });
    await writeFile(file(), CREDENTIALS, { mode: 0o600 });
    await (await open())?.close();
    for (const mode of [0o644, 0o640, 0o604]) {
      await chmod(file(), mode);
      await expect(open()).rejects.toMatchObject({ code: 'EGRESS_UNAVAILABLE', message: expect.stringContaining(`chmod 600 ${file()}`) });
    }
  });

  it('wait for a file of authorities that cannot be read', async () => {
    await expect(open({ rules: [aRule()], extraCaFile: join(dir, 'none.pem') })).rejects.toMatchObject({ code: 'EGRESS_UNAVAILABLE' });
  });

  it('have sockets that fit also where the data folder lies deep, owned by who runs inside', async () => {
    const root = join(dir, 'x'.repeat(80));
    await mkdir(root, { recursive: true });
    const broker = await open({ rules: [aRule()], root });
    expect(broker?.socket.length).toBeLessThan(104);
    const [folder, inside] = await Promise.all([stat(broker?.socket ?? ''), stat(dir)]);
    expect([folder.uid, folder.isSocket()]).toEqual([inside.uid, true]);
    await broker?.close();
  });

  it('are not put into a folder that leads elsewhere', async () => {
    await mkdir(join(dir, 'elsewhere'));
    await symlink(join(dir, 'elsewhere'), join(dir, 'egress'));
    await expect(open({ rules: [aRule()] })).rejects.toMatchObject({ code: 'EGRESS_UNAVAILABLE', message: expect.stringContaining('belongs to somebody else') });
    expect(await readdir(join(dir, 'elsewhere'))).toEqual([]);
  });

  it('sweep what a killed worker left, and nothing that is in use', async () => {
    const brokers = egressBrokers({ dir: join(dir, 'egress'), credentialsFile: file(), privateHosts: [] });
    expect(await brokers.sweep()).toBe(0);
    const broker = await open({ rules: [aRule()] });
    const left = join(dir, 'egress', '0123456789ab');
    await mkdir(left);
    // Nobody listens there, as after kill -9.
    await writeFile(join(left, 'broker.sock'), '');
    expect(await brokers.sweep()).toBe(1);
    expect(await readdir(join(dir, 'egress'))).toEqual([broker?.socket.split('/').at(-2)]);
    await broker?.close();
  });
});
