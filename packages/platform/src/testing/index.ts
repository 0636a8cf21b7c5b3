export { testIssuer, type PersonTokenOptions, type TestIssuer } from './issuer.fake.js';
export { testServiceTokens, type TestServiceTokens } from './service-tokens.fake.js';
