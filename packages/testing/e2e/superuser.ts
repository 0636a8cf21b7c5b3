import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import pg from 'pg';

import type { TestInstallation } from '../src/index.js';

export function superuserUrl(app: TestInstallation): string {
  const password = readFileSync(join(app.dataDir, 'secrets/postgres-password'), 'utf8').trim();
  return `postgres://postgres:${password}@127.0.0.1:${app.env['COUNTERSIGN_POSTGRES_PORT']}/postgres`;
}

/** What the database really holds, read past every service; and, for what no product word does, written. */
export async function sql<Row extends object>(app: TestInstallation, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: superuserUrl(app) });
  await client.connect();
  try {
    return (await client.query<Row>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}
