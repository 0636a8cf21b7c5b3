import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { NextConfig } from 'next';

const here = dirname(fileURLToPath(import.meta.url));

const config: NextConfig = {
  poweredByHeader: false,
  reactStrictMode: true,
  // `npm test` checks the types of every workspace at once; a first `npm start` need not wait for it.
  typescript: { ignoreBuildErrors: true },
  // Hoisted dependencies lie in the repository's root.
  turbopack: { root: dirname(here) },
};

export default config;
