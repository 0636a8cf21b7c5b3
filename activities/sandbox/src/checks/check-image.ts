import type { Project } from '@countersign/domain';
import { toldImageOf } from '@countersign/sandbox';
import type { RunRef } from '@countersign/workflow-contracts';

import { whileBeating } from './beating.js';
import type { SandboxDeps } from './check-deps.js';

export type ImageOrder = { readonly requestId: string; readonly ref: RunRef; readonly project: Pick<Project, 'bare' | 'settings'>; readonly base: string };

/** The image that the base commit asks for. */
export async function checkImage(deps: SandboxDeps, { requestId, ref, project, base }: ImageOrder): Promise<string> {
  const subject = { image: project.settings.image, bare: project.bare, commit: base };
  return whileBeating(deps, 'image', () =>
    toldImageOf(deps.images, subject, {
      note: (sentence) => deps.records.noteWaiting(requestId, ref, sentence),
      say: (sentence) => deps.log(requestId).append(`${sentence}\n`),
      signal: deps.signal(),
    }),
  );
}
