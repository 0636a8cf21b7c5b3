import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { transformFileSync } from '@swc/core';

const SOURCE = join(__dirname, '..');

/** What the package's build does, for the folders that go into the sandbox. */
export function buildTools(target: string): void {
  for (const part of ['tools', 'recipes']) {
    mkdirSync(join(target, part), { recursive: true });
    for (const name of readdirSync(join(SOURCE, part)).filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))) {
      const options = { swcrc: false, jsc: { parser: { syntax: 'typescript' as const }, target: 'es2023' as const }, module: { type: 'es6' as const } };
      writeFileSync(join(target, part, name.replace(/\.ts$/, '.js')), transformFileSync(join(SOURCE, part, name), options).code);
    }
  }
}
