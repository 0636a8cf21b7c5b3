import { ServiceTokens } from '../tokens/service-tokens.js';

export type TestServiceTokens = {
  readonly dir: string;
  /** The token maker of one service, its key already in `dir`. */
  as(name: string): Promise<ServiceTokens>;
};

/** Real service keys in a folder that the test made; give the same folder to `TokenVerifier.serviceKeysDir`. */
export function testServiceTokens(dir: string): TestServiceTokens {
  const made = new Map<string, ServiceTokens>();
  return {
    dir,
    async as(name) {
      const tokens = made.get(name) ?? new ServiceTokens({ name, dir });
      made.set(name, tokens);
      await tokens.prepare();
      return tokens;
    },
  };
}
