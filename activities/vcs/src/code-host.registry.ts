import type { CodeHostId, CodeHostPort } from './ports/code-host.port.js';

/** Mapped, not switched: a new CodeHostId does not compile until it has an adapter. */
export type CodeHostRegistry = { readonly [Id in CodeHostId]: CodeHostPort<Id> };

export function codeHostRegistry(adapters: CodeHostRegistry): CodeHostRegistry {
  return Object.freeze({ ...adapters });
}
