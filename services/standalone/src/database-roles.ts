import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';

import { ensureDatabase } from '@countersign/platform';
import { z } from 'zod';

import { writeWhole, type DataFolder } from './parts/data-folder.js';

export const SERVICES = ['requests', 'projects', 'worker', 'gateway', 'identity'] as const;
export type DatabaseService = (typeof SERVICES)[number];

const passwordsSchema = z.record(z.enum(SERVICES), z.string());

/** One role for each service, its password made at first start and kept 0600. */
function passwordsOf(folder: DataFolder): Record<DatabaseService, string> {
  const file = folder.file('secrets', 'database-roles.json');
  if (existsSync(file)) return passwordsSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const passwords = Object.fromEntries(SERVICES.map((name) => [name, randomBytes(24).toString('base64url')]));
  writeWhole(file, JSON.stringify(passwords));
  return passwordsSchema.parse(passwords);
}

/** Schemas, owner and service roles; safe at every start. */
export function prepareDatabase(adminUrl: string, folder: DataFolder): ReturnType<typeof ensureDatabase> {
  const passwords = passwordsOf(folder);
  return ensureDatabase({ adminUrl, services: SERVICES.map((name) => ({ name, schema: name, password: passwords[name] })) });
}
