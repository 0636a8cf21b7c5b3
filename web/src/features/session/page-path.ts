/** Set by proxy.ts for the page that is being rendered: where to come back to after signing in. */
export const PATH_HEADER = 'x-countersign-path';
