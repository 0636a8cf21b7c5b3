import { consoleSettings } from './console-settings';

/** The diff view's own three style elements (nothing, and which side can be selected): it takes no nonce. */
const DIFF_VIEW_STYLES = [
  "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
  "'sha256-tvPk0QO4W+E2Xhf7bbsI8W2ia2RuSVZG8io295R6U0w='",
  "'sha256-Yub2llkvfCkVWTQlAaiAoN75/GZ3M7UqPorejLVOJhw='",
].join(' ');

export function contentSecurityPolicy(nonce: string): string {
  const { issuer } = consoleSettings();
  // React's development build needs eval; the production build does not.
  const development = process.env.NODE_ENV === 'development' ? " 'unsafe-eval'" : '';
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development}`,
    `style-src 'self' 'nonce-${nonce}' ${DIFF_VIEW_STYLES}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    // Signing out is a form of ours that the issuer's page follows.
    `form-action 'self' ${issuer.origin}`,
  ].join('; ');
}

export function setSecurityHeaders(headers: Headers, policy: string): void {
  headers.set('content-security-policy', policy);
  headers.set('x-content-type-options', 'nosniff');
  headers.set('x-frame-options', 'DENY');
  headers.set('referrer-policy', 'same-origin');
  headers.set('cross-origin-opener-policy', 'same-origin');
  headers.set('permissions-policy', 'camera=(), microphone=(), geolocation=()');
}
