import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { z } from 'zod';

import { settingsSchema } from './settings.js';

const HEADER = `# Generated from services/standalone/src/settings.ts by print-env-example.ts. Do not edit.
# Every setting of \`npm start\` has a default, which is shown. Nothing reads this file by itself:
# copy it to .env, change what you need, then: set -a; . ./.env; set +a; npm start
`;

const fieldSchema = z.object({
  description: z.string(),
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  enum: z.array(z.string()).optional(),
});

/** Throws where a setting has no description. */
function entryOf(name: string, schema: unknown): string {
  const { description, default: preset, enum: choices } = fieldSchema.parse(schema, { error: () => `${name} has no description` });
  const words = choices ? [description, `One of ${choices.join(', ')}.`] : [description];
  const value = String(preset ?? '');
  return `# ${words.join(' ')}\n#${name}=${/[\s#"']/.test(value) ? JSON.stringify(value) : value}\n`;
}

const { properties = {} } = z.toJSONSchema(settingsSchema, { io: 'input', unrepresentable: 'any' });
const entries = Object.entries(properties).map(([name, schema]) => entryOf(name, schema));
await writeFile(fileURLToPath(new URL('../../../.env.example', import.meta.url)), [HEADER, ...entries].join('\n'));
