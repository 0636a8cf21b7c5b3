import { z } from 'zod';

const SESSION_KEY_BYTES = 32;

const schema = z.object({
  COUNTERSIGN_ISSUER: z.url(),
  COUNTERSIGN_OIDC_CLIENT_ID: z.string().min(1).default('console'),
  COUNTERSIGN_OIDC_CLIENT_SECRET: z.string().min(1),
  COUNTERSIGN_CONSOLE_URL: z.url(),
  COUNTERSIGN_GATEWAY_URL: z.url(),
  COUNTERSIGN_SESSION_KEY: z
    .string()
    .transform((text) => new Uint8Array(Buffer.from(text, 'base64url')))
    .refine((key) => key.length === SESSION_KEY_BYTES, `must be ${SESSION_KEY_BYTES} bytes as base64url`),
});

export type ConsoleSettings = {
  readonly issuer: URL;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly consoleUrl: URL;
  readonly gatewayUrl: URL;
  readonly sessionKey: Uint8Array;
};

let loaded: ConsoleSettings | undefined;

/** Read at the first request, not at build time: the same build serves every installation. */
export function consoleSettings(): ConsoleSettings {
  if (loaded) return loaded;
  const parsed = schema.safeParse(process.env);
  if (!parsed.success) {
    // Names only: a value may be a secret.
    const names = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))];
    throw new Error(`The console's settings are missing or malformed: ${names.join(', ')}`);
  }
  const env = parsed.data;
  loaded = {
    issuer: new URL(env.COUNTERSIGN_ISSUER),
    clientId: env.COUNTERSIGN_OIDC_CLIENT_ID,
    clientSecret: env.COUNTERSIGN_OIDC_CLIENT_SECRET,
    consoleUrl: new URL(env.COUNTERSIGN_CONSOLE_URL),
    gatewayUrl: new URL(env.COUNTERSIGN_GATEWAY_URL),
    sessionKey: env.COUNTERSIGN_SESSION_KEY,
  };
  return loaded;
}
