import { join } from 'node:path';

import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

/** Bundles the sources, so that a test needs no build. Tests run from the root of the repository. */
export function bundleLifecycle(entry = 'workflows/delivery/src/index.ts'): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: join(process.cwd(), entry),
    logger: { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet },
    webpackConfigHook: (config) => {
      config.resolve = { ...config.resolve, conditionNames: ['@countersign/source', '...'] };
      return config;
    },
  });
}

function quiet(): void {
  // The bundler's progress is no part of a test's output.
}
