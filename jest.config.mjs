import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

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
    '\\.[cm]?[jt]sx?$': [
      '@swc/jest',
      {
        swcrc: false,
        sourceMaps: 'inline',
        module: { type: 'commonjs' },
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          target: 'es2023',
          keepClassNames: true,
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
      },
    ],
  },
  ...extra,
});

export default {
  projects: [
    project('small', ['{packages,workflows,activities,services}/*/src/**/*.spec.ts', 'gateway/src/**/*.spec.ts', 'tools/**/*.spec.ts']),
    project('medium', ['{packages,workflows,activities,services}/*/test/**/*.int-spec.ts', 'gateway/test/**/*.int-spec.ts'], {
      globalSetup: at('./packages/testing/src/global-setup.ts'),
      globalTeardown: at('./packages/testing/src/global-teardown.ts'),
    }),
    project('large', ['packages/testing/e2e/**/*.e2e-spec.ts'], {
      globalSetup: at('./packages/testing/src/global-setup.ts'),
      globalTeardown: at('./packages/testing/src/global-teardown.ts'),
    }),
  ],
};
