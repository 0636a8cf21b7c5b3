// What the image `auto` stands for: one image for all languages that a repository needs.
import { createHash } from 'node:crypto';

import { engineCall } from './docker-api.mjs';

/** `official`: pulled where a registry answers and one language is all; `packages`: of Debian, where none does. */
const LANGUAGES = {
  go: { official: 'golang:1-bookworm', packages: ['golang', 'gcc', 'libc6-dev', 'make'] },
  java: { official: 'maven:3-eclipse-temurin-21', packages: ['openjdk-17-jdk-headless', 'maven'] },
  node: { official: 'node:24-bookworm', packages: ['make'] },
  python: { official: 'python:3-bookworm', packages: ['python3', 'python3-pip', 'python3-venv', 'python-is-python3'] },
  rust: { official: 'rust:1-bookworm', packages: ['rustc', 'cargo', 'gcc', 'libc6-dev', 'make'] },
};
const REPOSITORY = 'countersign/sandbox-';

/** `languages` in any order. Throws for one that is not known. */
export function imageVariant(languages, base) {
  const names = [...new Set(languages)].sort();
  const unknown = names.find((name) => !Object.hasOwn(LANGUAGES, name));
  if (unknown !== undefined || names.length === 0) {
    throw new Error(`${unknown ?? 'Nothing'} is none of ${Object.keys(LANGUAGES).join(', ')}`);
  }
  const packages = [...new Set(names.flatMap((name) => LANGUAGES[name].packages))];
  const version = createHash('sha256').update(JSON.stringify({ base, packages })).digest('hex').slice(0, 12);
  const official = names.length === 1 ? LANGUAGES[names[0]].official : undefined;
  return { names, packages, version, official, image: `${REPOSITORY}${names.join('-')}:${version}` };
}

/** Names of all images of this kind in the engine, built here or pulled. */
export async function presentVariants(engine) {
  const { status, body } = await engineCall(engine.host, { path: '/images/json', timeoutMs: 5_000 });
  if (status !== 200) return [];
  const tags = JSON.parse(body).flatMap(({ RepoTags }) => RepoTags ?? []);
  const officials = new Set(Object.values(LANGUAGES).map(({ official }) => official));
  return tags.filter((tag) => tag.startsWith(REPOSITORY) || officials.has(tag)).sort();
}
