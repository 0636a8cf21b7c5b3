#!/usr/bin/env node
// Plain JavaScript that any Node since 14 can read: it finds the runtime of the clone and starts the built command.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const clone = join(here, '..', '..', '..');
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 12)) {
  const runtime = join(clone, 'node_modules', '.bin', 'node');
  if (!existsSync(runtime)) {
    process.stderr.write(`Node ${process.versions.node} is too old and the clone's own runtime is missing: run \`npm start\` or \`npm install\`.\n`);
    process.exit(6);
  }
  const { status, error } = spawnSync(runtime, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  if (error) process.stderr.write(`${runtime}: ${error.message}\n`);
  process.exit(status === null ? 1 : status);
}

const main = join(here, '..', 'dist', 'main.js');
if (!existsSync(main)) {
  process.stderr.write('The command is not built yet: `npm start` builds it, `npm run build` too.\n');
  process.exit(6);
}
// In the clone, where only its owner may write; nothing happens where that is somebody else.
module.enableCompileCache(join(clone, 'node_modules', '.cache', 'countersign', 'compiled'));
await import(main);
