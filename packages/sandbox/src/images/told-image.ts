import type { ImageChoice, ImageSubject } from './project-images.js';

export type ImageAudience = {
  /** What the request waits for; null clears it. */
  readonly note: (waitingFor: string | null) => Promise<void>;
  /** A line of the request's running log. */
  readonly say: (sentence: string) => Promise<void> | void;
  readonly signal?: AbortSignal | undefined;
};

/** The image of a subject. Where it has to be made first, people see that, how far it is, and when it is there. */
export async function toldImageOf(images: ImageChoice, subject: ImageSubject, { note, say, signal }: ImageAudience): Promise<string> {
  let isTold = false;
  const onProgress = (sentence: string): void => {
    isTold = true;
    // The image is what is wanted: words about it that cannot be stored hold nothing up.
    note(sentence).catch(() => undefined);
    void Promise.resolve(say(sentence)).catch(() => undefined);
  };
  const image = await images.imageOf(subject, { onProgress, signal });
  if (isTold) await note(null);
  return image;
}
