/** The form that people compare: `9f3a·61c2`. */
export function shortDigest(digest: string): string {
  return `${digest.slice(0, 4)}·${digest.slice(4, 8)}`;
}
