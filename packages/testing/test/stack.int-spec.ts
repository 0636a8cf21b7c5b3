import { execFileSync } from 'node:child_process';

import { createDatabase } from '@countersign/testing';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';

const { TEMPORAL_ADDRESS = '', TEMPORAL_CLI = '', COUNTERSIGN_SANDBOX_IMAGE = '', DOCKER_HOST = '' } = process.env;

async function tables(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('CREATE TABLE t (id int)');
    const { rows } = await client.query<{ n: string }>("SELECT count(*) AS n FROM pg_tables WHERE schemaname = 'public'");
    return Number(rows[0]?.n);
  } finally {
    await client.end();
  }
}

describe('the stack of a test run', () => {
  it('gives each suite a database of its own', async () => {
    const [one, other] = [await createDatabase('stack'), await createDatabase('stack')];

    expect(await tables(one)).toBe(1);
    expect(await tables(other)).toBe(1);
  });

  it('has a Temporal server with the search attributes', () => {
    const args = ['operator', 'search-attribute', 'list', '--address', TEMPORAL_ADDRESS];

    expect(execFileSync(TEMPORAL_CLI, args, { encoding: 'utf8' })).toMatch(/RequestState\s+Keyword/);
  });

  it('has an engine that runs the sandbox image without a network and read-only', () => {
    const args = ['--host', DOCKER_HOST, 'run', '--rm', '--network', 'none', '--read-only', COUNTERSIGN_SANDBOX_IMAGE];

    expect(execFileSync('docker', [...args, 'node', '-v'], { encoding: 'utf8' })).toMatch(/^v24\./);
  });
});
