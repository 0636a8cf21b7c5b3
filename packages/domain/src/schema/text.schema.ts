import { z } from 'zod';

const encoder = new TextEncoder();

/** A path inside a repository: relative, forward slashes, no empty, `.` or `..` part, nothing below `.git`. */
export const repoPath = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => path.isWellFormed() && !path.includes('\0'), 'must be valid text')
  .refine((path) => !path.startsWith('/'), 'must be relative to the repository')
  .refine((path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'), 'must not leave the repository')
  .refine((path) => !path.split('/').some((part) => part.toLowerCase() === '.git'), 'must not lie inside .git');

/** Text with a limit in UTF-8 bytes, without NUL and lone surrogates. */
export function boundedText(maxBytes: number): z.ZodString {
  return z
    .string()
    .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be valid text without NUL')
    .refine((text) => encoder.encode(text).length <= maxBytes, `must be at most ${maxBytes} bytes`);
}

export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex characters');
export const gitObject = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/, 'must be a full object id');
