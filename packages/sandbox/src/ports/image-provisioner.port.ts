import type { Language } from '../images/image-needs.js';

export type Provision = { readonly ok: true; readonly image: string } | { readonly ok: false; readonly why: string; readonly fix: string };

/** Finds, pulls or builds one image that has these languages and git. It may take minutes. */
export interface ImageProvisioner {
  /** Two processes that ask for the same build it once. The signal ends it; nothing half-made is left. */
  provide(languages: readonly Language[], options: { readonly onProgress: (line: string) => void; readonly signal: AbortSignal }): Promise<Provision>;
}
