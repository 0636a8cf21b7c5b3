import { describe, expect, it } from '@jest/globals';

import { addressBytes, addressKind, isPublicAddress } from './network-address.js';

describe('kinds of addresses', () => {
  it.each(['1.1.1.1', '8.8.8.8', '172.15.255.255', '172.32.0.1', '100.63.255.255', '2606:4700::1111', '2a00:1450:4001:82a::200e'])('%s is public', (address) => {
    expect(addressKind(address)).toBe('public');
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each(['127.0.0.1', '127.255.255.254', '10.1.2.3', '172.17.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '169.254.1.1', '192.0.2.1', '203.0.113.80', '198.18.0.1', '::1', 'fe80::1', '2001:db8::1', 'fd12:3456::1', 'fc00::1'])('%s is private', (address) => {
    expect(addressKind(address)).toBe('private');
  });

  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    'fd00:ec2::254',
    'fec0::1',
    '0.0.0.0',
    '::',
    '224.0.0.1',
    '255.255.255.255',
    'ff02::1',
    '192.0.0.1',
  ])('%s is closed', (address) => {
    expect(addressKind(address)).toBe('closed');
  });

  it.each(['::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::a00:1', '2002:7f00:1::', '2001:0:1::1'])(
    '%s is closed: it carries an IPv4 address',
    (address) => {
      expect(addressKind(address)).toBe('closed');
    },
  );

  it.each(['', 'example.org', '127.1', '0x7f.0.0.1', '2130706433', '010.0.0.1', '1.2.3', '1.2.3.256', 'fe80::1%eth0', '1:2:3', ':::', '1::2::3', '1:2:3:4:5:6:7:8:9', '[::1]'])(
    'takes %j for no address',
    (text) => {
      expect([addressBytes(text), addressKind(text)]).toEqual([undefined, 'closed']);
    },
  );
});
