/** Stands where a text was erased. */
export const ERASED = '(erased)';
