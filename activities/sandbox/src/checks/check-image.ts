import type { Project } from '@countersign/domain';
import type { RunRef } from '@countersign/workflow-contracts';

import { whileBeating } from './beating.js';
import type { SandboxDeps } from './check-deps.js';

export type ImageOrder = { readonly requestId: string; readonly ref: RunRef; readonly project: Pick<Project, 'bare' | 'settings'>; readonly base: string };

/** The image that the base commit asks for. Where it has to be made first, people see that and how far it is. */
export async function checkImage(deps: SandboxDeps, { requestId, ref, project, base }: ImageOrder): Promise<string> {
  let isTold = false;
  const onProgress = (sentence: string): void => {
    isTold = true;
    void deps.records.noteWaiting(requestId, ref, sentence).catch(() => undefined);
    void deps.log(requestId).append(`${sentence}\n`).catch(() => undefined);
  };
  const subject = { image: project.settings.image, bare: project.bare, commit: base };
  const image = await whileBeating(deps, 'image', () => deps.images.imageOf(subject, { onProgress, signal: deps.signal() }));
  if (isTold) await deps.records.noteWaiting(requestId, ref, null);
  return image;
}
