import { describe, expect, it } from '@jest/globals';

import type { ImageProvisioner, Provision } from '../ports/image-provisioner.port.js';
import { ProjectImages, type ProjectImagesOptions } from './project-images.js';

type Order = { languages: readonly string[]; say: (line: string) => void; end: (provision: Provision) => void; signal: AbortSignal };

function fakeProvisioner(): ImageProvisioner & { orders: Order[] } {
  const orders: Order[] = [];
  return {
    orders,
    provide: (languages, { onProgress, signal }) =>
      new Promise((end, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        orders.push({ languages, say: onProgress, end, signal });
      }),
  };
}

const ping = async () => ({ version: '1' });
const SUBJECT = { image: 'auto', bare: '/bare', commit: 'c1' };

function world(paths: readonly string[], over: Partial<ProjectImagesOptions> = {}) {
  const present = new Set(['sandbox:1']);
  const provisioner = fakeProvisioner();
  const images = new ProjectImages({
    sandbox: { id: 'docker', hasImage: async (image) => present.has(image), ping },
    defaultImage: 'sandbox:1',
    provisioner,
    paths: async () => paths,
    ...over,
  });
  const said: string[] = [];
  const ask = (signal?: AbortSignal): Promise<string> => images.imageOf(SUBJECT, { onProgress: (sentence) => said.push(sentence), signal });
  return { images, provisioner, present, said, ask };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('ProjectImages', () => {
  it('takes the image that a project names, and the own one where it names none', async () => {
    const { images, provisioner } = world(['pyproject.toml']);
    expect(await images.imageOf({ ...SUBJECT, image: 'node:24' }, { onProgress: () => undefined })).toBe('node:24');
    expect(await images.imageOf({ ...SUBJECT, image: null }, { onProgress: () => undefined })).toBe('sandbox:1');
    expect(provisioner.orders).toEqual([]);
  });

  it('takes the own one where the repository needs nothing, or the sandbox has only that', async () => {
    expect(await world(['README.md']).ask()).toBe('sandbox:1');
    expect(await world(['go.mod'], { sandbox: { id: 'bubblewrap', hasImage: async () => false, ping } }).ask()).toBe('sandbox:1');
  });

  it('provides it once for all that wait, and tells each how far it is', async () => {
    const { provisioner, said, ask } = world(['setup.py', 'package.json']);
    const first = ask();
    await turn();
    const second = ask();
    await turn();
    provisioner.orders[0]?.say('unpacking');
    provisioner.orders[0]?.end({ ok: true, image: 'made:1' });
    expect(await Promise.all([first, second])).toEqual(['made:1', 'made:1']);
    expect(provisioner.orders.map(({ languages }) => languages)).toEqual([['node', 'python']]);
    expect(said).toEqual([
      'Preparing the image for node, python: looking for it',
      'Preparing the image for node, python: looking for it',
      'Preparing the image for node, python: unpacking',
      'Preparing the image for node, python: unpacking',
    ]);
  });

  it('does not ask again while the engine has it, and does once it has not', async () => {
    const { provisioner, present, ask } = world(['go.mod']);
    const first = ask();
    await turn();
    provisioner.orders[0]?.end({ ok: true, image: 'made:1' });
    await first;
    present.add('made:1');
    expect(await ask()).toBe('made:1');
    expect(provisioner.orders).toHaveLength(1);
    present.delete('made:1');
    void ask().catch(() => undefined);
    await turn();
    expect(provisioner.orders).toHaveLength(2);
  });

  it('lets one go without ending it for the others', async () => {
    const { provisioner, ask } = world(['go.mod']);
    const stop = new AbortController();
    const gone = ask(stop.signal);
    const staying = ask();
    await turn();
    stop.abort(new Error('cancelled'));
    await expect(gone).rejects.toThrow('cancelled');
    expect(provisioner.orders[0]?.signal.aborted).toBe(false);
    provisioner.orders[0]?.end({ ok: true, image: 'made:1' });
    expect(await staying).toBe('made:1');
  });

  it('says what to type where it cannot be had, and tries again at the next call', async () => {
    const { provisioner, ask } = world(['go.mod']);
    const asked = ask();
    await turn();
    provisioner.orders[0]?.end({ ok: false, why: 'no registry answers', fix: 'Run `x`.' });
    await expect(asked).rejects.toMatchObject({ code: 'IMAGE_MISSING', message: 'There is not the image for go: no registry answers. Run `x`.' });
    void ask().catch(() => undefined);
    await turn();
    expect(provisioner.orders).toHaveLength(2);
  });

  it('ends at its deadline', async () => {
    await expect(world(['go.mod'], { deadlineMs: 20 }).ask()).rejects.toMatchObject({ code: 'IMAGE_MISSING' });
  });

  it('names the way out where nothing is built here', async () => {
    const { images } = { images: new ProjectImages({ sandbox: { id: 'docker', hasImage: async () => false, ping }, defaultImage: 'x', paths: async () => ['go.mod'] }) };
    await expect(images.imageOf(SUBJECT, { onProgress: () => undefined })).rejects.toMatchObject({ code: 'IMAGE_MISSING', message: expect.stringContaining('settings') });
  });
});
