import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { schemaText } from './graphql/schema-text.js';

await writeFile(fileURLToPath(new URL('../schema.graphql', import.meta.url)), await schemaText());
