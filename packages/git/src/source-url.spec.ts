import { isPublicAddress } from '@countersign/domain';
import { describe, expect, it } from '@jest/globals';

import { isUrlSource, parseSourceUrl, pinnedConfig, resolveSource } from './source-url.js';

describe('parseSourceUrl', () => {
  it.each([
    ['https://example.org/a/b.git', { scheme: 'https', host: 'example.org', port: 443 }],
    ['https://EXAMPLE.org:8443/a', { scheme: 'https', host: 'example.org', port: 8443, text: 'https://example.org:8443/a' }],
    ['https://0x7f.1/a', { host: '127.0.0.1' }],
    ['ssh://git@example.org:2222/a', { scheme: 'ssh', host: 'example.org', port: 2222 }],
    ['git@example.org:owner/a.git', { scheme: 'ssh', host: 'example.org', port: 22, text: 'git@example.org:owner/a.git' }],
    ['ssh://git@[2606:4700::1]/a', { host: '2606:4700::1' }],
  ])('reads %s', (source, expected) => {
    expect(isUrlSource(source)).toBe(true);
    expect(parseSourceUrl(source)).toMatchObject(expected);
  });

  it.each([
    'http://example.org/a',
    'git://example.org/a',
    'file:///etc',
    'ext::sh -c id',
    'https://example.org/a?token=x',
    'https://example.org/a#b',
    'https://example.org',
    'ssh://-oProxyCommand=id/a',
    'ssh://git@-oProxyCommand=id/a',
    '-oProxyCommand=id:a',
    "ssh://git@a';id;'/a",
    'git@example.org:-a',
    'git@exa$(id)mple.org:a',
    'https://example.org/a b',
    'https://example.org/\na',
    'https:\\\\example.org\\a',
    'relative/path',
  ])('refuses %j', (source) => {
    expect(() => parseSourceUrl(source)).toThrow(expect.objectContaining({ code: 'URL_REFUSED', field: 'repo' }));
  });

  it.each(['https://user:pass@example.org/a', 'https://token@example.org/a', 'ssh://git:pass@example.org/a'])('refuses the credentials of %s', (source) => {
    expect(() => parseSourceUrl(source)).toThrow(expect.objectContaining({ code: 'URL_CREDENTIALS' }));
  });
});

describe('isPublicAddress', () => {
  it.each(['127.0.0.1', '10.1.2.3', '172.31.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1', '255.255.255.255'])('closes %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['::1', '::', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::', 'fd00::1', 'fe80::1', 'fe80::1%eth0', 'ff02::1', 'localhost'])(
    'closes %s',
    (address) => {
      expect(isPublicAddress(address)).toBe(false);
    },
  );

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111'])('opens %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });
});

describe('resolveSource', () => {
  const url = parseSourceUrl('https://example.org/a');

  it('refuses a name with one closed address among public ones', async () => {
    const resolve = async () => ['93.184.216.34', '10.0.0.1'];
    await expect(resolveSource(url, { allowPrivateHosts: false, resolve })).rejects.toMatchObject({ code: 'URL_REFUSED' });
    await expect(resolveSource(url, { allowPrivateHosts: true, resolve })).resolves.toHaveLength(2);
  });

  it('refuses a closed address without asking a resolver', async () => {
    const resolve = async () => Promise.reject(new Error('must not be asked'));
    const loopback = parseSourceUrl('https://[::1]/a');
    await expect(resolveSource(loopback, { allowPrivateHosts: false, resolve })).rejects.toMatchObject({ code: 'URL_REFUSED' });
  });

  it('says that a name is unreachable where it has no address', async () => {
    const resolve = async () => Promise.reject(new Error('ENOTFOUND'));
    await expect(resolveSource(url, { allowPrivateHosts: false, resolve })).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
  });

  it('pins what was checked, IPv4 first', async () => {
    const addresses = await resolveSource(url, { allowPrivateHosts: false, resolve: async () => ['2606:4700::1', '8.8.8.8'] });
    expect(pinnedConfig(url, addresses)).toContainEqual(['http.curloptResolve', 'example.org:443:8.8.8.8,[2606:4700::1]']);
    const [[, command] = ['', '']] = pinnedConfig(parseSourceUrl('ssh://git@example.org:2222/a'), addresses);
    expect(command).toMatch(/^ssh -F none -o 'HostName=8\.8\.8\.8' -o 'HostKeyAlias=\[example\.org\]:2222' /);
  });
});
