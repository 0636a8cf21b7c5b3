import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Ours need the old semantics of class fields for decorators; packages keep their own. */
const swc = [
  '@swc/jest',
  {
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'commonjs' },
    jsc: { parser: { syntax: 'typescript', decorators: true }, target: 'es2023', keepClassNames: true, transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false } },
  },
];

const project = (displayName, testMatch, extra = {}) => ({
  displayName,
  rootDir: at('.'),
  testMatch: testMatch.map((glob) => `<rootDir>/${glob}`),
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@countersign/source', 'node', 'node-addons'] },
  resolver: at('./tools/jest.resolver.cjs'),
  transformIgnorePatterns: [],
  modulePathIgnorePatterns: ['/dist/', '/\\.next/', '/\\.countersign/'],
  transform: {
    '/node_modules/.*\\.[cm]?js$': at('./tools/jest.packages-transform.cjs'),
    '\\.[cm]?[jt]sx?$': swc,
  },
  ...extra,
});

/** One at a time: they measure how long something takes. */
const SERIAL = [
  'packages/platform/test/worker-host.int-spec.ts',
  'services/requests/test/log-figures.int-spec.ts',
  'services/requests/test/log-sequencing.int-spec.ts',
  'packages/git/test/workspace-speed.int-spec.ts',
  'services/standalone/test/live-latency.int-spec.ts',
];
const onServers = {
  globalSetup: at('./packages/testing/src/global-setup.ts'),
  globalTeardown: at('./packages/testing/src/global-teardown.ts'),
};

export default {
  // A test that takes longer says so itself; a busy machine is no failure. Jest heeds it here, not in a project.
  testTimeout: 60_000,
  testSequencer: at('./tools/jest.sequencer.cjs'),
  projects: [
    project('small', ['{packages,workflows,activities,services}/*/src/**/*.spec.ts', 'gateway/src/**/*.spec.ts', 'web/src/**/*.spec.ts', 'tools/**/*.spec.ts']),
    project('medium', ['{packages,workflows,activities,services}/*/test/**/*.int-spec.ts', 'gateway/test/**/*.int-spec.ts'], {
      testPathIgnorePatterns: ['/node_modules/', ...SERIAL],
      ...onServers,
    }),
    project('serial', SERIAL, onServers),
    project('bench', ['services/*/test/**/*.bench-spec.ts'], onServers),
    project('tamper', ['packages/testing/tamper/**/*.e2e-spec.ts'], onServers),
    project('large', ['packages/testing/e2e/**/*.e2e-spec.ts'], {
      ...onServers,
    }),
  ],
};
