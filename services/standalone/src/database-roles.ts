import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

import { ensureDatabase } from '@countersign/platform';
import { z } from 'zod';

import { writeWhole, type DataFolder } from './parts/data-folder.js';

export const SERVICES = ['requests', 'projects', 'worker', 'gateway', 'identity', 'log'] as const;
export type DatabaseService = (typeof SERVICES)[number];

const passwordsSchema = z.record(z.string(), z.string());

/** One role for each service and one for the log, its password made when it is first needed and kept 0600. */
function passwordsOf(folder: DataFolder): Record<DatabaseService, string> {
  const file = folder.file('secrets', 'database-roles.json');
  const kept = existsSync(file) ? passwordsSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : {};
  const passwords = Object.fromEntries(SERVICES.map((name) => [name, kept[name] ?? randomBytes(24).toString('base64url')])) as Record<DatabaseService, string>;
  if (SERVICES.some((name) => kept[name] === undefined)) writeWhole(file, JSON.stringify(passwords));
  return passwords;
}

/** Schemas, owner and service roles; safe at every start. */
export function prepareDatabase(adminUrl: string, folder: DataFolder): ReturnType<typeof ensureDatabase> {
  const passwords = passwordsOf(folder);
  return ensureDatabase({ adminUrl, services: SERVICES.map((name) => ({ name, schema: name, password: passwords[name] })) });
}
