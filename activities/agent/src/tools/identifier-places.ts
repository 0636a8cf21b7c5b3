import { Lang, parse } from '@ast-grep/napi';

export type Place = { readonly start: number; readonly end: number };
export type IdentifierPlaces = { readonly places: readonly Place[]; readonly hasSyntaxErrors: boolean };

const LANGUAGES: Readonly<Record<string, Lang>> = {
  js: Lang.JavaScript,
  jsx: Lang.JavaScript,
  mjs: Lang.JavaScript,
  cjs: Lang.JavaScript,
  ts: Lang.TypeScript,
  mts: Lang.TypeScript,
  cts: Lang.TypeScript,
  tsx: Lang.Tsx,
};

const COMMON_KINDS = [
  'identifier',
  'property_identifier',
  'shorthand_property_identifier',
  'shorthand_property_identifier_pattern',
  'statement_identifier',
];
/** ast-grep refuses a rule that names a kind its grammar does not have. */
const TYPESCRIPT_KINDS = [...COMMON_KINDS, 'type_identifier'];

export function languageOf(path: string): Lang | undefined {
  const extension = /\.([a-z]+)$/.exec(path)?.[1];
  return extension === undefined ? undefined : LANGUAGES[extension];
}

export function isJavaScriptOrTypeScript(path: string): boolean {
  return languageOf(path) !== undefined;
}

export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function placesInCode(text: string, name: string, language: Lang): IdentifierPlaces {
  const root = parse(language, text).root();
  const kinds = language === Lang.JavaScript ? COMMON_KINDS : TYPESCRIPT_KINDS;
  const found = root.findAll({ rule: { any: kinds.map((kind) => ({ kind })), regex: `^${escaped(name)}$` } });
  const places = found.map((node) => ({ start: node.range().start.index, end: node.range().end.index }));
  places.sort((a, b) => a.start - b.start);
  return { places, hasSyntaxErrors: root.find({ rule: { kind: 'ERROR' } }) !== null };
}

/** Letters, marks, digits and connectors of any script, and `$`, continue a word. */
const WORD = '[\\p{L}\\p{M}\\p{N}\\p{Pc}$\\u200c\\u200d]';

function placesInText(text: string, name: string): IdentifierPlaces {
  const pattern = new RegExp(`(?<!${WORD})${escaped(name)}(?!${WORD})`, 'gu');
  const places = [...text.matchAll(pattern)].map(({ index }) => ({ start: index, end: index + name.length }));
  return { places, hasSyntaxErrors: false };
}

/**
 * Where a name is used as an identifier, in order. In JavaScript and TypeScript by syntax: not in
 * strings, template text, comments, JSX text or regular expressions. Elsewhere by word boundaries.
 */
export function identifierPlaces(path: string, text: string, name: string): IdentifierPlaces {
  if (!text.includes(name)) return { places: [], hasSyntaxErrors: false };
  const language = languageOf(path);
  return language === undefined ? placesInText(text, name) : placesInCode(text, name, language);
}
