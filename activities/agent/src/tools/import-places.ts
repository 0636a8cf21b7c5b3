import { Lang, parse, type SgNode } from '@ast-grep/napi';

import { escaped, languageOf, type Place } from './identifier-places.js';

export type ImportPlace = Place & {
  readonly text: string;
  /** `import`: names a module. `built`: the start of a name put together at run time. `other`: no import. */
  readonly kind: 'import' | 'built' | 'other';
};
export type ImportPlaces = { readonly places: readonly ImportPlace[]; readonly hasSyntaxErrors: boolean };

/** Parts of an expression that pass a whole name on. */
const PASSING = ['ternary_expression', 'parenthesized_expression'];

function isSame(a: SgNode | null | undefined, b: SgNode): boolean {
  return a?.id() === b.id();
}

function isImportCall(call: SgNode | null): boolean {
  const callee = call?.kind() === 'call_expression' ? call.field('function') : null;
  return callee?.kind() === 'import' || (callee?.kind() === 'identifier' && callee.text() === 'require');
}

function kindInCall(node: SgNode): ImportPlace['kind'] {
  let isWhole = true;
  let child = node;
  for (let parent = node.parent(); parent; child = parent, parent = parent.parent()) {
    const kind = String(parent.kind());
    if (kind === 'arguments') {
      const first = parent.children().find((argument) => argument.isNamed() && argument.kind() !== 'comment');
      if (!isSame(first, child) || !isImportCall(parent.parent())) return 'other';
      return isWhole ? 'import' : 'built';
    }
    if (kind === 'binary_expression' && isSame(parent.field('left'), child)) isWhole = false;
    else if (!PASSING.includes(kind)) return 'other';
  }
  return 'other';
}

function kindOf(node: SgNode): ImportPlace['kind'] {
  const parent = node.parent();
  switch (String(parent?.kind())) {
    case 'import_statement':
    case 'export_statement':
    case 'import_require_clause':
      return isSame(parent?.field('source'), node) ? 'import' : 'other';
    // declare module './a' { … }
    case 'module':
      return 'import';
    default:
      return kindInCall(node);
  }
}

function placeOf(node: SgNode): ImportPlace {
  const kind = kindOf(node);
  const start = node.range().start.index + 1;
  const whole = node.text().slice(1, -1);
  const changing = node.children().find((part) => part.kind() === 'template_substitution' || part.kind() === 'escape_sequence');
  if (!changing) return { start, end: start + whole.length, text: whole, kind };
  const end = changing.range().start.index;
  return { start, end, text: whole.slice(0, end - start), kind: kind === 'import' ? 'built' : kind };
}

/** Texts that begin with `./` or `../`, and imports whose last part is `name`, in order. */
export function importPlaces(path: string, text: string, name: string): ImportPlaces {
  const root = parse(languageOf(path) ?? Lang.TypeScript, text).root();
  const regex = `^.(?:\\.{1,2}(?:[/?#$\\\\]|.$)|(?:[^\\n]*/)?${escaped(name)}(?:\\.[a-z]+)?.$)`;
  const nodes = root.findAll({ rule: { any: [{ kind: 'string' }, { kind: 'template_string' }], regex } });
  const places = nodes.map(placeOf).sort((a, b) => a.start - b.start);
  return { places, hasSyntaxErrors: root.find({ rule: { kind: 'ERROR' } }) !== null };
}
