/** Takes credentials out of what git says: user and password of URLs, authorization headers, well-known tokens. */
export function scrubCredentials(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]{0,30}:\/\/)[^/\s@'"]+@/gi, '$1***@')
    .replace(/(authorization:\s*\w+\s+)\S+/gi, '$1***')
    .replace(/\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,})/g, '***');
}
