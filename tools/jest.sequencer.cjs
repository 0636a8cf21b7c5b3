const { default: Sequencer } = require('@jest/test-sequencer');

/** Small files that take minutes. Where Jest knows no times yet it begins with the largest file, and waits for these at the end. */
const LONG = [
  ...['model-kill9', 'kill9', 'integrity', 'outage', 'start-stop'].map((name) => `packages/testing/e2e/${name}.e2e-spec.ts`),
  'activities/sandbox/test/download-cache.int-spec.ts',
  'packages/sandbox/test/docker-sandbox.int-spec.ts',
  'packages/sandbox/test/bubblewrap-sandbox.int-spec.ts',
  'packages/verify/test/one-file.int-spec.ts',
  // On a fresh machine it makes an image first.
  'services/standalone/test/image-variant.int-spec.ts',
];

module.exports = class extends Sequencer {
  sort(tests) {
    const isLong = ({ path }) => LONG.some((name) => path.endsWith(name));
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
};
