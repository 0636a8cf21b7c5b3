import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';

import { boundaries } from './tools/eslint-boundaries.mjs';

const specs = ['**/*.spec.ts', '**/*.int-spec.ts', '**/*.{e2e,bench}-spec.ts', '**/test/**', '**/testing/**', '**/*.contract.ts', 'packages/testing/**'];
const mains = ['**/main.ts', '**/bin/*.mjs', '**/*.main.ts', 'scripts/**', 'tools/**', '*.config.*', 'web/**', ...specs];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/.next/**', '**/generated/**', '**/node_modules/**', '.countersign/**', '.nx/**', 'web/next-env.d.ts', 'tools/temporal/**'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { project: ['./tsconfig.json', './web/tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: true, attributes: false } }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      'no-console': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: '[TS1] Use an as-const array and a union.' },
        { selector: 'ExportDefaultDeclaration', message: '[TS2] Named exports only.' },
      ],
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: '[CFG1] Only main.ts names process.env.' }],
    },
  },
  {
    // Nest reads parameter types at run time, so a type-only import would erase what it injects.
    files: ['gateway/**/*.ts', 'services/**/*.ts', 'packages/platform/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    // Text of people, repositories and models: one long line may not stop a process. Tests match what they wrote.
    files: ['**/*.ts', '**/*.tsx'],
    ignores: specs,
    plugins: { regexp },
    rules: { 'regexp/no-super-linear-backtracking': 'error', 'regexp/no-super-linear-move': ['error', { report: 'certain', ignorePartial: false }] },
  },
  ...boundaries,
  {
    files: specs,
    rules: {
      'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': 'off',
    },
  },
  { files: mains, rules: { 'no-restricted-properties': 'off' } },
  {
    files: ['web/**'],
    rules: { 'no-restricted-syntax': ['error', { selector: 'TSEnumDeclaration', message: '[TS1] Use an as-const array and a union.' }], 'max-lines-per-function': ['error', { max: 120, skipBlankLines: true, skipComments: true }] },
  },
);
