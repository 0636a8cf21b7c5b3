import { describe, expect, it } from '@jest/globals';

import { authorityText, parseAuthority, parseProxyUrl } from './proxy-target.js';

describe('proxy targets', () => {
  it.each([
    ['API.Example.org:443', { host: 'api.example.org', port: 443 }],
    ['example.org.:8443', { host: 'example.org', port: 8443 }],
    ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
    ['[::1]:443', { host: '::1', port: 443 }],
    ['xn--bcher-kva.example:443', { host: 'xn--bcher-kva.example', port: 443 }],
    ['my_host.local:1', { host: 'my_host.local', port: 1 }],
  ])('reads %s', (text, expected) => {
    expect(parseAuthority(text)).toEqual(expected);
  });

  it.each(['', 'a.org', 'a.org:0', 'a.org:65536', 'u@a.org:443', 'a.org:443:443', 'a..org:443', '[127.0.0.1]:443', '[::1', '::1:443', 'a/b:443', 'a.org:4x', 'bücher.de:443', 'a org:443', '-a.org:443'])(
    'does not take %j',
    (text) => {
      expect(parseAuthority(text)).toBeUndefined();
    },
  );

  it.each([
    ['http://a.org', { host: 'a.org', port: 80 }, '/'],
    ['HTTP://a.org:81/x/../y?q=1', { host: 'a.org', port: 81 }, '/x/../y?q=1'],
    ['http://a.org?q', { host: 'a.org', port: 80 }, '/?q'],
  ])('leaves the path of %s as it was written', (text, target, path) => {
    expect(parseProxyUrl(text)).toEqual({ target, path });
  });

  it.each(['/x', 'https://a.org/', 'http://u:p@a.org/', 'http:///x', 'ftp://a.org/', 'http://a.org/#f'])('takes %j for no request of a proxy', (text) => {
    expect(parseProxyUrl(text)).toBeUndefined();
  });

  it('leaves the usual port out of a Host header', () => {
    expect([authorityText({ host: 'a.org', port: 443 }, 443), authorityText({ host: 'a.org', port: 80 }, 443), authorityText({ host: '::1', port: 443 }, 443)]).toEqual([
      'a.org',
      'a.org:80',
      '[::1]',
    ]);
  });
});
