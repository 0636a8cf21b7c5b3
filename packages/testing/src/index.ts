export { freePort } from '@countersign/parts';
export { createDatabase } from './database.js';
