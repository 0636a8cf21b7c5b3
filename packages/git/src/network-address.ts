import { BlockList, isIP } from 'node:net';

/** Loopback, private, link-local (with cloud metadata), CGNAT, documentation, multicast and reserved ranges. */
const CLOSED_V4: readonly (readonly [net: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

/** As for IPv4, and every range that carries an IPv4 address inside, which would be a way round the list above. */
const CLOSED_V6: readonly (readonly [net: string, prefix: number])[] = [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

function blockList(family: 'ipv4' | 'ipv6', nets: typeof CLOSED_V4): BlockList {
  const list = new BlockList();
  for (const [net, prefix] of nets) list.addSubnet(net, prefix, family);
  return list;
}

const closedV4 = blockList('ipv4', CLOSED_V4);
const closedV6 = blockList('ipv6', CLOSED_V6);

/** Whether an address is one that anybody on the internet reaches; what is not an address is not. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !closedV4.check(address, 'ipv4');
    case 6:
      return !address.includes('%') && !closedV6.check(address, 'ipv6');
    default:
      return false;
  }
}
