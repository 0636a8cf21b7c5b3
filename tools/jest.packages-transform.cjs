// Packages as Jest can load them. Most are CommonJS and are taken as they are: to rewrite each of some thousand files costs
// a fresh machine minutes, and nobody steps through them, so none needs a source map.
const { createTransformer } = require('@swc/jest');

const swc = createTransformer({ swcrc: false, sourceMaps: false, module: { type: 'commonjs' }, jsc: { target: 'es2023' } });
/** Also finds the words in comments, which costs a rewrite and nothing else. */
const MODULE_SYNTAX = /\b(?:import|export)\b/;

module.exports = {
  ...swc,
  process: (source, path, options) => (MODULE_SYNTAX.test(source) ? swc.process(source, path, options) : { code: source }),
};
