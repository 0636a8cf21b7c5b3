import type { SignInScheme } from '../http/sign-in.middleware.js';

const BASIC = /^Basic ([A-Za-z0-9+/]+={0,2})$/i;
const BEARER = /^Bearer ([\w.~+/-]+=*)$/i;
const TOKEN = /^[\w.~+/-]+=*$/;

function passwordOf(base64: string): string | undefined {
  const text = Buffer.from(base64, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  const password = text.slice(colon + 1);
  return colon >= 0 && TOKEN.test(password) ? password : undefined;
}

/** Plain git knows names and passwords only: the token is the password, whatever the name. */
export const GIT_SIGN_IN: SignInScheme = {
  challenge: 'Basic realm="Countersign: an access token is the password", charset="UTF-8"',
  tokenOf: (header) => {
    const basic = BASIC.exec(header)?.[1];
    return basic === undefined ? BEARER.exec(header)?.[1] : passwordOf(basic);
  },
};
