/**
 * The code of a Node, driver or SDK error. By shape, not by class: an error made in another realm (a worker, a test's
 * sandbox) is no instance of this one's Error.
 */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
