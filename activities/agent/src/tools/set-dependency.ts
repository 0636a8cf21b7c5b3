import { JsonText } from './json-text.js';
import { setInLocks } from './lock-files.js';
import type { RecipeTree } from './recipe-tree.js';
import type { Changes } from './text-changes.js';
import { lineOf } from './text-file.js';
import { ToolRefusal } from './tool-protocol.js';

const SECTIONS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const;

/** `workspace:*`, `npm:other@1`, a URL or a path: says where a package comes from, not which version. */
const SOURCE = /[:/]/;

/** Sets a range where a package.json names the package, and in the lock files that hold for it. */
export function setDependency(tree: RecipeTree, recipe: { readonly name: string; readonly version: string; readonly path: string }): Changes {
  const { name, version, path } = recipe;
  const manifest = new JsonText(path, tree.namedText(path));
  const named = SECTIONS.flatMap((section) => {
    const place = manifest.at([section, name]);
    return place ? [{ section, place }] : [];
  });
  if (named.length === 0) throw new ToolRefusal('NOT_FOUND', `${name} is in none of ${SECTIONS.join(', ')} of ${path}`);
  const elsewhere = named.find(({ place }) => typeof place.value !== 'string' || SOURCE.test(place.value));
  if (elsewhere) {
    const where = `${path}:${lineOf(manifest.text, elsewhere.place.start)}`;
    throw new ToolRefusal('MODEL_CANNOT', `${where} says where ${name} comes from, ${JSON.stringify(elsewhere.place.value).slice(0, 200)}, and not which version`);
  }
  const changed = named.filter(({ place }) => place.value !== version);
  if (changed.length === 0) throw new ToolRefusal('NOTHING_TO_CHANGE', `${path} asks for ${name} ${version} already`);

  const sections = new Map(changed.map(({ section, place }) => [section, String(place.value)]));
  tree.write(path, manifest.with(changed.map(({ place }) => place), version));
  const locks = setInLocks(tree, path, { name, version, sections });
  return { files: [{ path, change: 'edit', places: changed.length }, ...locks], notes: [] };
}
