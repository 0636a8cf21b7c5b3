export { docsText } from './docs-text.js';
export type { Io, Output } from './io.js';
export { runCli } from './program.js';
