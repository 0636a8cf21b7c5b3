import { join } from 'node:path';

import { BubblewrapSandboxAdapter, chosenSandbox, DockerSandboxAdapter, type SandboxChoice, type SandboxPort } from '@countersign/sandbox';

export type WorkerSandboxDeps = {
  /** Runs our tools, and the commands of projects that name no image. */
  readonly image: string;
  /** Tells apart installations that share an engine. */
  readonly installation: string;
  readonly choice: SandboxChoice;
  /** `unix:///path` or `tcp://host:port`. */
  readonly dockerHost?: string;
  /** What a provisioner found; absent: the program on PATH, and this machine's own programs. */
  readonly bubblewrap?: { readonly program?: string; readonly image?: string; readonly root?: string };
};

/** Where programs of requests run. Both adapters are there in any case, so that both end what either opened. */
export function workerSandbox(dataDir: string, { image, installation, choice, dockerHost, bubblewrap }: WorkerSandboxDeps): SandboxPort {
  const sandbox = chosenSandbox(choice, {
    docker: new DockerSandboxAdapter({ installation, ...(image !== '' && { forwarderImage: image }), ...(dockerHost !== undefined && { host: dockerHost }) }),
    bubblewrap: new BubblewrapSandboxAdapter({
      stateDir: join(dataDir, 'sandboxes'),
      image: bubblewrap?.image ?? image,
      ...(bubblewrap?.program !== undefined && { program: bubblewrap.program }),
      ...(bubblewrap?.root !== undefined && { root: bubblewrap.root }),
    }),
  });
  // Who asks which one it is before anything was opened gets the right answer.
  void sandbox.ping().catch(() => undefined);
  return sandbox;
}
