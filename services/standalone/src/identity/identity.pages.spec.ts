import { describe, expect, it } from '@jest/globals';

import { loginPage } from './identity.pages.js';

const page = (over: object = {}) =>
  loginPage({ action: '/interaction/x', people: [{ subject: 'reviewer', name: 'Re <viewer>' }], passwordFile: '/d/f', ...over });

describe('loginPage', () => {
  it('escapes what it is given and has no script', () => {
    const html = page({ chosen: '"><script>x</script>', refusal: '<b>' });
    expect(html).not.toMatch(/<script|<b>|Re <viewer>/);
    expect(html).not.toMatch(/ on[a-z]+=/);
  });

  it('labels its fields, announces a refusal, and moves the focus to what is missing', () => {
    expect(page()).toMatch(/<label for="name">[^]*id="name"[^>]*autofocus/);
    const html = page({ chosen: 'reviewer', refusal: 'No.' });
    expect(html).toMatch(/role="alert" id="refusal">No\./);
    expect(html).toMatch(/id="password"[^>]*aria-describedby="refusal"[^>]*autofocus/);
    expect(html).toContain('href="?person=reviewer" aria-current="true"');
  });
});
