import { consoleSettings } from './console-settings';

export function contentSecurityPolicy(nonce: string): string {
  const { issuer } = consoleSettings();
  // React's development build needs eval; the production build does not.
  const development = process.env.NODE_ENV === 'development' ? " 'unsafe-eval'" : '';
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development}`,
    `style-src 'self' 'nonce-${nonce}'`,
    // The diff view marks changed words by style attributes. They can load nothing: images and fonts are bound below.
    "style-src-attr 'unsafe-inline'",
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
