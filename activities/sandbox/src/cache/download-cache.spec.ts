import type { KeptTree } from '@countersign/git';
import { someSettings } from '@countersign/domain/testing';
import { beforeEach, describe, expect, it } from '@jest/globals';

import { commandsOf } from '../checks/check-commands.js';
import type { CheckWorkspace } from '../ports/check-workspaces.port.js';
import type { DependencyOrder } from './dependency-order.js';
import { DownloadCache, type DownloadStore } from './download-cache.js';

const BASE = 'b'.repeat(40);
const ORDER: DependencyOrder = { project: { id: 'p1' }, folder: 'check', base: BASE, commit: BASE, commands: commandsOf(someSettings({ setupCommand: 'make deps' }), 'image') };
const CHANGE = { ...ORDER, commit: 'a'.repeat(40) };
const ROOM = 1000;

function fakeStore() {
  const places = new Map<string, Map<string, KeptTree>>();
  const at = (place: string): Map<string, KeptTree> => places.get(place) ?? places.set(place, new Map()).get(place) ?? new Map();
  const store = {
    places,
    isStillWhole: true,
    bytes: 100,
    maxEntryBytes: ROOM,
    find: async (place: string, name: string) => at(place).get(name),
    isWhole: async (): Promise<boolean> => store.isStillWhole,
    hasRoomFor: async () => true,
    trees: async (place: string) => [...at(place).keys()].toReversed(),
    drop: async (place: string, name: string) => void at(place).delete(name),
    keep: async (place: string, name: string, make: (into: string) => Promise<void>): Promise<KeptTree> => {
      await make('/into');
      const made = { tree: name, dir: '', files: `/kept/${name.slice(0, 4)}`, stamp: '', madeAt: '', bytes: store.bytes };
      at(place).set(name, made);
      return made;
    },
  } satisfies DownloadStore & Record<string, unknown>;
  return store;
}

/** `placed`: what each folder was filled from. */
function fakeFiles(tree = 'tree-1') {
  const placed: (string | undefined)[] = [];
  let kept = 0;
  const unexpected = async (): Promise<never> => {
    throw new Error('Nobody asks this of a workspace here');
  };
  const files: CheckWorkspace = {
    ...{ prepare: unexpected, checkout: unexpected, changedPaths: unexpected, list: unexpected, read: unexpected, keepIgnored: unexpected, addIgnored: unexpected, dropFolder: unexpected, gitTouchedSince: unexpected },
    treeOf: async () => tree,
    placeFolder: async (name, from) => {
      placed.push(from);
      if (from === '/gone') throw new Error('ENOENT');
      return `/root/${name}`;
    },
    keepFolder: async () => void (kept += 1),
  };
  return { files, placed, keptTimes: () => kept };
}

describe('DownloadCache', () => {
  let store: ReturnType<typeof fakeStore>;
  let cache: DownloadCache;
  beforeEach(() => {
    store = fakeStore();
    cache = new DownloadCache(store);
  });
  const names = (): readonly string[] => [...store.places.values()].flatMap((entries) => [...entries.keys()]);

  it('fills a folder of the sandbox’s own, first with nothing, then with what a base left', async () => {
    const { files, placed } = fakeFiles();
    expect(await cache.place(files, CHANGE)).toBe('/root/check-cache');
    await cache.keep(files, ORDER, '/nowhere');
    await cache.place(files, CHANGE);
    expect(placed).toEqual([undefined, expect.stringMatching(/^\/kept\//)]);
  });

  it('is made once for a base, and put in place of that of an earlier one', async () => {
    const first = fakeFiles();
    await cache.keep(first.files, ORDER, '/nowhere');
    await cache.keep(first.files, ORDER, '/nowhere');
    expect(first.keptTimes()).toBe(1);
    const [earlier] = names();
    await cache.keep(fakeFiles('tree-2').files, ORDER, '/nowhere');
    expect(names()).toHaveLength(1);
    expect(names()).not.toContain(earlier);
  });

  it.each([
    ['another project', { project: { id: 'p2' } }],
    ['another image', { commands: { ...ORDER.commands, image: 'other' } }],
    ['another environment', { commands: { ...ORDER.commands, env: { A: '1' } } }],
  ])('is not that of %s', async (_, over) => {
    const { files, placed } = fakeFiles();
    await cache.keep(files, ORDER, '/nowhere');
    await cache.place(files, { ...ORDER, ...over });
    expect(placed).toEqual([undefined]);
  });

  it('is nothing where what is kept goes or is damaged while it is copied, and what is damaged goes', async () => {
    const { files, placed } = fakeFiles();
    await cache.keep(files, ORDER, '/nowhere');
    store.isStillWhole = false;
    expect(await cache.place(files, ORDER)).toBe('/root/check-cache');
    expect(placed).toEqual([expect.any(String), undefined]);
    store.isStillWhole = true;
    for (const entries of store.places.values()) for (const [name, kept] of entries) entries.set(name, { ...kept, files: '/gone' });
    expect(await cache.place(files, ORDER)).toBe('/root/check-cache');
    expect(placed.at(-1)).toBeUndefined();
    expect(names()).toEqual([]);
  });

  it('starts anew on the next base once it has grown large, and serves changes until then', async () => {
    store.bytes = ROOM / 2 + 1;
    await cache.keep(fakeFiles().files, ORDER, '/nowhere');
    const { files, placed } = fakeFiles('tree-2');
    await cache.place(files, CHANGE);
    await cache.place(files, ORDER);
    expect(placed).toEqual([expect.stringMatching(/^\/kept\//), undefined]);
  });
});
