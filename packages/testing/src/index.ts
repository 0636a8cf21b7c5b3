export { freePort } from '@countersign/parts';
export { cuttableProxy, cuttableSocket, type Cuttable, type CuttableProxy } from './cuttable-proxy.js';
export { createDatabase } from './database.js';
export { LIGHT, NO_CONSOLE, testInstallation, waitFor, type CliAnswer, type TestInstallation } from './installation.js';
export { git, sampleRepository } from './sample-repository.js';
