/** Where the forwarder listens inside, and where things of the egress are mounted. */
export const PROXY_PORT = 3128;
export const EGRESS_SOCKET = '/run/countersign/egress.sock';
export const EGRESS_CA = '/run/countersign/egress-ca.pem';

const PROXY = `http://127.0.0.1:${PROXY_PORT}`;
const NO_PROXY = 'localhost,127.0.0.1';
/** Whoever speaks TLS has a variable of its own for the authorities it trusts. */
const TRUST = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'GIT_SSL_CAINFO',
  'PIP_CERT',
  'npm_config_cafile',
  'CARGO_HTTP_CAINFO',
] as const;

/** What makes ordinary programs take the broker and trust its authority. */
export const EGRESS_VARIABLES: Readonly<Record<string, string>> = {
  HTTP_PROXY: PROXY,
  HTTPS_PROXY: PROXY,
  http_proxy: PROXY,
  https_proxy: PROXY,
  NO_PROXY,
  no_proxy: NO_PROXY,
  NODE_USE_ENV_PROXY: '1',
  ...Object.fromEntries(TRUST.map((name) => [name, EGRESS_CA])),
};
