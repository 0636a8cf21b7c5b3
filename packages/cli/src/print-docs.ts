import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { docsText } from './docs-text.js';

await writeFile(fileURLToPath(new URL('../../../docs/cli.md', import.meta.url)), docsText());
