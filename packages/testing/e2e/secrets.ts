import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { TestInstallation } from '../src/index.js';
import { sql } from './superuser.js';

export function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}

/** Every text of a JSON document. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

const PRIVATE_MEMBERS = ['d', 'accessToken', 'refreshToken', 'consoleSecret', 'cookieKeys'] as const;

/** Private keys, passwords and tokens: what may stand in no log, no history and no event. */
export function secretsOf(app: TestInstallation): readonly string[] {
  const profiles = filesBelow(join(app.env['XDG_CONFIG_HOME'] ?? '', 'countersign'));
  const files = [...filesBelow(join(app.dataDir, 'secrets')), ...filesBelow(join(app.dataDir, 'identity')), ...profiles];
  const found = files.filter((file) => !file.endsWith('.pub.jwk') && !file.endsWith('.lock')).flatMap((file) => {
    const text = readFileSync(file, 'utf8').trim();
    if (text.startsWith('-----BEGIN')) return file.endsWith('.pub') ? [] : [text.replace(/-----[^-]+-----|\s/g, '')];
    if (!text.startsWith('{')) return [text];
    if (/database-roles|sample-people/.test(file)) return textsOf(JSON.parse(text));
    return privateOf(JSON.parse(text));
  });
  return [...new Set(found)].filter((text) => text.length >= 16 && !text.includes(' '));
}

function privateOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) =>
    (PRIVATE_MEMBERS as readonly string[]).includes(name) ? textsOf(member) : privateOf(member),
  );
}

export function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

/** Every row of every table but those of the identity, which keeps sign-ins, as text. */
export async function databaseText(app: TestInstallation): Promise<string> {
  const tables = await sql<{ name: string }>(
    app,
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema IN ('requests', 'projects', 'worker', 'gateway')`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) => sql<{ text: string }>(app, `SELECT to_jsonb(t)::text || coalesce(encode(t::text::bytea, 'escape'), '') AS text FROM ${name} t`)),
  );
  return rows.flat().map(({ text }) => text).join('\n');
}
