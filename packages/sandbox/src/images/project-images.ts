import { AppError } from '@countersign/domain';

import type { ImageProvisioner, Provision } from '../ports/image-provisioner.port.js';
import type { SandboxPort } from '../ports/sandbox.port.js';
import { languagesOf, type Language } from './image-needs.js';

export type ImageSubject = {
  /** The project's setting: an OCI reference, `auto`, or null. */
  readonly image: string | null;
  readonly bare: string;
  /** A base commit: what a request changes must not choose the image that judges it. */
  readonly commit: string;
};

export type ImageWaiter = {
  /** A sentence for the request's page, each time there is a new one. */
  readonly onProgress: (sentence: string) => void;
  readonly signal?: AbortSignal | undefined;
};

export interface ImageChoice {
  /** @throws AppError IMAGE_MISSING saying what to type; the signal's reason. */
  imageOf(subject: ImageSubject, waiter: ImageWaiter): Promise<string>;
}

export type ProjectImagesOptions = {
  readonly sandbox: Pick<SandboxPort, 'id' | 'hasImage' | 'ping'>;
  /** Where a project names none, and where a repository needs nothing in particular. */
  readonly defaultImage: string;
  /** Absent where this installation builds no images. */
  readonly provisioner?: ImageProvisioner;
  readonly paths: (bare: string, commit: string) => Promise<readonly string[]>;
  readonly deadlineMs?: number;
};

type Flight = { readonly ended: Promise<string>; readonly listeners: Set<(sentence: string) => void>; last: string };

const DEFAULT_DEADLINE_MS = 20 * 60_000;

/** Which image a project's commands run in. One image is provided at a time for each set of languages, whoever asks. */
export class ProjectImages implements ImageChoice {
  readonly #flights = new Map<string, Flight>();
  readonly #known = new Map<string, string>();

  constructor(private readonly options: ProjectImagesOptions) {}

  async imageOf({ image, bare, commit }: ImageSubject, waiter: ImageWaiter): Promise<string> {
    const { sandbox, defaultImage, paths } = this.options;
    if (image !== 'auto') return image ?? defaultImage;
    // Which adapter it is may have changed since the last request: the engine came, or went.
    await sandbox.ping();
    // It has one root, which is what the installation was provisioned with.
    if (sandbox.id === 'bubblewrap') return defaultImage;
    const languages = languagesOf(await paths(bare, commit));
    if (languages.length === 0) return defaultImage;
    const known = this.#known.get(languages.join());
    if (known !== undefined && (await sandbox.hasImage(known))) return known;
    return this.#wait(this.#flightFor(languages), waiter);
  }

  #flightFor(languages: readonly Language[]): Flight {
    const key = languages.join();
    const running = this.#flights.get(key);
    if (running) return running;
    const listeners: Flight['listeners'] = new Set();
    const tell = (line: string): void => {
      flight.last = `Preparing the image for ${languages.join(', ')}: ${line}`;
      for (const listener of listeners) listener(flight.last);
    };
    const flight: Flight = { listeners, last: '', ended: this.#provide(languages, (line) => tell(line)) };
    // Each waiter hears of it; where all have gone, nobody does.
    flight.ended.catch(() => undefined);
    this.#flights.set(key, flight);
    void flight.ended.finally(() => this.#flights.delete(key)).catch(() => undefined);
    return flight;
  }

  async #provide(languages: readonly Language[], onProgress: (line: string) => void): Promise<string> {
    const { provisioner, deadlineMs = DEFAULT_DEADLINE_MS } = this.options;
    const what = `the image for ${languages.join(', ')}`;
    if (!provisioner) throw new AppError('IMAGE_MISSING', `This installation builds no images, so it has not got ${what}. Name an image of your own in the project's settings.`);
    // Its first line comes after this call returned, when somebody listens.
    await Promise.resolve();
    onProgress('looking for it');
    const signal = AbortSignal.timeout(deadlineMs);
    const provision = await provisioner.provide(languages, { onProgress, signal }).catch((cause: unknown): Provision => {
      if (!signal.aborted) throw cause;
      return { ok: false, why: `it was not ready after ${Math.round(deadlineMs / 60_000)} minutes`, fix: 'It is tried again.' };
    });
    if (!provision.ok) throw new AppError('IMAGE_MISSING', `There is not ${what}: ${provision.why}. ${provision.fix}`);
    this.#known.set(languages.join(), provision.image);
    return provision.image;
  }

  async #wait(flight: Flight, { onProgress, signal }: ImageWaiter): Promise<string> {
    signal?.throwIfAborted();
    if (flight.last !== '') onProgress(flight.last);
    flight.listeners.add(onProgress);
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([flight.ended, left]);
    } finally {
      flight.listeners.delete(onProgress);
      signal?.removeEventListener('abort', leave);
    }
  }
}
