import { readFileSync } from 'node:fs';
import { extname } from 'node:path';

/** What node is told to run one of the programs beside this file: its text as an argument, so that no file is mounted. */
export function programArguments(name: 'runner' | 'forwarder'): readonly string[] {
  // Beside the source it is TypeScript, which node strips itself; in `dist` it is compiled.
  const extension = extname(import.meta.url);
  const inputType = extension === '.ts' ? 'module-typescript' : 'module';
  const text = readFileSync(new URL(`./${name}${extension}`, import.meta.url), 'utf8');
  return [`--input-type=${inputType}`, '--disable-warning=ExperimentalWarning', '-e', text];
}
