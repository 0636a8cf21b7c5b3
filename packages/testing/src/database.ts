import { randomBytes } from 'node:crypto';

import pg from 'pg';

/** A fresh, empty database on the run's Postgres; returns its URL as superuser. Gone with the run. */
export async function createDatabase(name: string, databaseUrl = requiredUrl()): Promise<string> {
  const database = `${name.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_').slice(0, 40)}_${randomBytes(4).toString('hex')}`;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(`CREATE DATABASE "${database}"`);
  } finally {
    await client.end();
  }
  const url = new URL(databaseUrl);
  url.pathname = `/${database}`;
  return url.href;
}

function requiredUrl(): string {
  const url = process.env['DATABASE_URL'];
  if (!url) throw new Error('DATABASE_URL is not set: this suite has to run with the global setup of packages/testing.');
  return url;
}
