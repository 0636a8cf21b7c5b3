import { bundleWorkflowCode, type Logger } from '@temporalio/worker';

/** Beside the built `write-bundle.js`, which makes it. */
export const WORKFLOW_BUNDLE_FILE = 'workflow-bundle.js';

export type BundleWorkflowsInput = {
  /** The entry of @countersign/workflow-delivery. */
  readonly workflowsPath: string;
  /** Resolve our packages to their TypeScript sources; for tests. */
  readonly fromSource?: boolean;
};

/** The workflows as one script for the sandbox; fails where something non-deterministic got in. */
export async function bundleWorkflows({ workflowsPath, fromSource = false }: BundleWorkflowsInput): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    logger: SILENT,
    webpackConfigHook: (config) =>
      fromSource ? { ...config, resolve: { ...config.resolve, conditionNames: ['@countersign/source', '...'] } } : config,
  });
  return code;
}

const quiet = (): void => {
  // What the bundler has to say beyond its errors is of no use to anybody.
};
const SILENT: Logger = { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
