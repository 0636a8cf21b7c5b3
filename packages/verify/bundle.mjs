// Writes the verifier as one file that Node runs without anything beside it: node bundle.mjs [<entry> <file>]
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import webpack from 'webpack';

const here = dirname(fileURLToPath(import.meta.url));
const [entry = resolve(here, 'src/main.ts'), out = resolve(here, 'dist/verify.mjs')] = process.argv.slice(2);

const compiler = webpack({
  mode: 'production',
  target: 'node24',
  context: here,
  entry: resolve(entry),
  output: { path: dirname(resolve(out)), filename: basename(out), module: true, chunkFormat: 'module' },
  experiments: { outputModule: true },
  // Read by whoever would rather trust their eyes: names and line ends stay.
  optimization: { minimize: false },
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  module: {
    rules: [{ test: /\.ts$/, loader: 'swc-loader', options: { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' } } }],
  },
});

compiler.run((error, stats) => {
  if (error || stats.hasErrors()) {
    process.stderr.write(`${error ?? stats.toString('errors-only')}\n`);
    process.exitCode = 1;
  }
});
