import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundleWorkflows, WORKFLOW_BUNDLE_FILE } from './bundle.js';

const target = join(dirname(fileURLToPath(import.meta.url)), WORKFLOW_BUNDLE_FILE);
const code = await bundleWorkflows({ workflowsPath: fileURLToPath(import.meta.resolve('@countersign/workflow-delivery')) });
// A worker that starts meanwhile reads the old bundle or the new one, never half of it.
await writeFile(`${target}.new`, code);
await rename(`${target}.new`, target);
