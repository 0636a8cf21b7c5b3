import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { fetchSource } from './fetch-source.js';
import { importBare } from './import-source.js';
import { aGit, aRepository, type TestRepository } from './testing/index.js';

/** A host of repositories as static files (git's dumb protocol); `redirectTo` answers with redirects instead. */
async function serve(dir: string, host: string, port = 0, redirectTo?: () => string): Promise<{ server: Server; port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers.host ?? '');
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (redirectTo) {
      response.writeHead(301, { location: redirectTo() + path }).end();
      return;
    }
    readFile(join(dir, path)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return { server, port: (server.address() as AddressInfo).port, asked };
}

describe('a source behind a URL', () => {
  let at: Awaited<ReturnType<typeof aGit>>;
  let source: TestRepository;
  let right: Awaited<ReturnType<typeof serve>>;
  let wrong: typeof right;
  let redirecting: typeof right;

  beforeAll(async () => {
    at = await aGit();
    source = await aRepository(at.git, join(at.dir, 'source'), { a: '1\n' });
    execFileSync('git', ['-C', source.path, 'update-server-info']);
    right = await serve(at.dir, '127.0.0.1');
    wrong = await serve(at.dir, '127.0.0.2', right.port);
    redirecting = await serve(at.dir, '127.0.0.1', 0, () => `http://127.0.0.1:${right.port}`);
  });
  afterAll(async () => {
    for (const { server } of [right, wrong, redirecting]) server.close();
    await at.remove();
  });

  const options = (name: string, port: number, over: object = {}) => ({
    git: at.git,
    source: `http://moving.test:${port}/source/.git`,
    bareDir: join(at.dir, name),
    roots: [],
    allowPrivateHosts: true,
    allowHttp: true,
    resolve: async () => ['127.0.0.1'],
    ...over,
  });

  it('is asked at the address that was checked, whatever the name says a moment later', async () => {
    const answers = [['127.0.0.1'], ['127.0.0.2']];
    const resolve = async (): Promise<readonly string[]> => answers.shift() ?? [];
    await expect(importBare(options('moving', right.port, { resolve }))).resolves.toMatchObject({ branch: 'main' });
    expect(answers).toHaveLength(1);
    expect(wrong.asked).toEqual([]);
    expect(new Set(right.asked)).toEqual(new Set([`moving.test:${right.port}`]));
  });

  it('is refused once its name leads to a closed address', async () => {
    await importBare(options('rebinding', right.port));
    const later = options('rebinding', right.port, { allowPrivateHosts: false, resolve: async () => ['93.184.216.34', '127.0.0.1'] });
    const before = right.asked.length;
    await expect(fetchSource({ ...later, branch: 'main' })).rejects.toMatchObject({ code: 'URL_REFUSED' });
    expect(right.asked).toHaveLength(before);
  });

  it('is not followed to where it redirects', async () => {
    const before = right.asked.length;
    await expect(importBare(options('redirected', redirecting.port))).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(redirecting.asked.length).toBeGreaterThan(0);
    expect(right.asked).toHaveLength(before);
  });

  it('is fetched forward, and unreachable once the server is gone', async () => {
    await importBare(options('forward', right.port));
    const tip = await source.commit({ a: '2\n' });
    execFileSync('git', ['-C', source.path, 'update-server-info']);
    await expect(fetchSource({ ...options('forward', right.port), branch: 'main' })).resolves.toMatchObject({ outcome: 'fetched', tip });
    const gone = options('forward', 1, { source: `http://moving.test:${right.port + 1}/source/.git` });
    await expect(fetchSource({ ...gone, branch: 'main' })).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });
});
