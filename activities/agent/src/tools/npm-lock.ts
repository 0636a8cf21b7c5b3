import satisfies from 'semver/functions/satisfies.js';

import type { Place } from './identifier-places.js';
import type { JsonText } from './json-text.js';
import { ToolRefusal } from './tool-protocol.js';

export type WantedVersion = {
  readonly name: string;
  readonly version: string;
  /** The sections of the package.json that change, with what they say now. */
  readonly sections: ReadonlyMap<string, string>;
  /** What a person with a network types instead. */
  readonly command: string;
};

export function notHonest(lock: string, why: string, command: string): ToolRefusal {
  return new ToolRefusal('LOCKFILE_NOT_HONEST', `${lock} cannot be kept honest without the network: ${why}. A person types: ${command}`);
}

/** Where the package is installed for a folder: the nearest `node_modules` on the way up, as Node looks it up. */
function installedFor(lock: JsonText, importer: string, name: string): readonly string[] | undefined {
  const parts = importer === '' ? [] : importer.split('/');
  for (let length = parts.length; length >= 0; length -= 1) {
    const keys = ['packages', [...parts.slice(0, length), 'node_modules', name].join('/')];
    if (!lock.at(keys)) continue;
    const target = lock.at([...keys, 'link'])?.value === true ? lock.textAt(...keys, 'resolved') : undefined;
    return target === undefined ? keys : ['packages', target];
  }
  return undefined;
}

function requireFits(lock: JsonText, importer: string, { name, version, command }: WantedVersion): void {
  const keys = installedFor(lock, importer, name);
  const locked = keys && lock.textAt(...keys, 'version');
  if (!keys || locked === undefined) throw notHonest(lock.path, `it holds no version of ${name}, and ${version} is wanted`, command);
  const source = lock.textAt(...keys, 'resolved') ?? '';
  if (/^(?:git|file)/.test(source)) throw notHonest(lock.path, `it holds ${name} ${locked} from ${source.slice(0, 200)}, and ${version} is wanted`, command);
  if (!satisfies(locked, version)) throw notHonest(lock.path, `it holds ${name} ${locked}, and ${version} is wanted`, command);
}

/** Version 2 says a workspace's ranges a second time, for npm 6. */
function legacyPlaces(lock: JsonText, importer: string, { name, sections }: WantedVersion): readonly Place[] {
  const dependencies = lock.at(['dependencies'])?.value;
  if (importer === '' || typeof dependencies !== 'object' || dependencies === null) return [];
  const member = Object.entries(dependencies as Record<string, { version?: unknown } | null>).find(([, entry]) => entry?.version === `file:${importer}`);
  const place = member && lock.at(['dependencies', member[0], 'requires', name]);
  return place && [...sections.values()].includes(String(place.value)) ? [place] : [];
}

/**
 * What of an npm lock file says the range of a dependency of the package at `importer` (empty: the root).
 *
 * @throws ToolRefusal LOCKFILE_NOT_HONEST where npm would have to resolve anew.
 */
export function npmLockPlaces(lock: JsonText, importer: string, wanted: WantedVersion): readonly Place[] {
  const { name, sections, command } = wanted;
  const format = lock.at(['lockfileVersion'])?.value;
  if (format !== 2 && format !== 3) throw notHonest(lock.path, `its format ${JSON.stringify(format) ?? 'has no number and'} is not 2 or 3`, command);
  const said = [...sections].flatMap(([section, current]) => {
    const place = lock.at(['packages', importer, section, name]);
    return place ? [{ place, isSame: place.value === current }] : [];
  });
  if (said.length === 0 || said.some(({ isSame }) => !isSame)) {
    throw notHonest(lock.path, `it does not say what package.json says about ${name} now, so the two are out of step already`, command);
  }
  requireFits(lock, importer, wanted);
  return [...said.map(({ place }) => place), ...legacyPlaces(lock, importer, wanted)];
}
