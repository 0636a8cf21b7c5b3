/**
 * What an address is to us: `public`, anybody on the internet reaches it; `private`, means another host in every network and
 * is reached only where the installation names it; `closed`, reached by nobody: metadata, multicast, what is no address.
 */
export type AddressKind = 'public' | 'private' | 'closed';

type Net = readonly [net: string, prefix: number];

/** Loopback, private networks, carrier-grade NAT, link-local, and documentation and benchmarks, which some use for mirrors. */
const PRIVATE_V4: readonly Net[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
];

/** Unspecified, cloud metadata, protocol assignments, multicast and reserved. */
const CLOSED_V4: readonly Net[] = [
  ['0.0.0.0', 8],
  ['100.100.100.200', 32],
  ['169.254.169.254', 32],
  ['169.254.170.2', 32],
  ['169.254.170.23', 32],
  ['192.0.0.0', 24],
  ['192.88.99.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

const PRIVATE_V6: readonly Net[] = [
  ['::1', 128],
  ['2001:db8::', 32],
  ['3fff::', 20],
  ['fc00::', 7],
  ['fe80::', 10],
];

/** As for IPv4, and every range that carries an IPv4 address inside, which would be a way round the lists above. */
const CLOSED_V6: readonly Net[] = [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2002::', 16],
  ['fd00:ec2::', 32],
  ['fec0::', 10],
  ['ff00::', 8],
];

const DECIMAL = /^(0|[1-9]\d{0,2})$/;
const HEX = /^[0-9a-f]{1,4}$/i;

/** The bytes of an address in its canonical notation; undefined for every other text. */
export function addressBytes(address: string): readonly number[] | undefined {
  return address.includes(':') ? bytesOfV6(address) : bytesOfV4(address);
}

function bytesOfV4(address: string): readonly number[] | undefined {
  const parts = address.split('.');
  if (parts.length !== 4 || !parts.every((part) => DECIMAL.test(part) && Number(part) <= 255)) return undefined;
  return parts.map(Number);
}

function bytesOfV6(address: string): readonly number[] | undefined {
  const halves = address.split('::');
  if (halves.length > 2) return undefined;
  const [before, after] = halves.map(groupsOf);
  if (!before || (halves.length === 2 && !after)) return undefined;
  if (!after) return before.length === 16 ? before : undefined;
  const missing = 16 - before.length - after.length;
  return missing < 2 ? undefined : [...before, ...Array<number>(missing).fill(0), ...after];
}

/** Of one side of `::`; the last group may be an IPv4 address. */
function groupsOf(text: string): readonly number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const bytes: number[] = [];
  for (const [index, group] of groups.entries()) {
    const v4 = index === groups.length - 1 && group.includes('.') ? bytesOfV4(group) : undefined;
    if (!v4 && !HEX.test(group)) return undefined;
    bytes.push(...(v4 ?? [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]));
  }
  return bytes;
}

function isIn(bytes: readonly number[], [net, prefix]: Net): boolean {
  const start = addressBytes(net) ?? [];
  return bytes.every((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefix - index * 8));
    return ((byte ^ (start[index] ?? 0)) & ((0xff << (8 - bits)) & 0xff)) === 0;
  });
}

export function addressKind(address: string): AddressKind {
  const bytes = addressBytes(address);
  if (!bytes) return 'closed';
  const [closed, owned] = bytes.length === 4 ? [CLOSED_V4, PRIVATE_V4] : [CLOSED_V6, PRIVATE_V6];
  // Loopback is inside of the range of embedded IPv4 addresses, metadata inside of private ones.
  const narrowest = [...closed, ...owned].filter((net) => isIn(bytes, net)).sort((a, b) => b[1] - a[1])[0];
  if (!narrowest) return 'public';
  return owned.includes(narrowest) ? 'private' : 'closed';
}

/** Whether an address is one that anybody on the internet reaches; what is not an address is not. */
export function isPublicAddress(address: string): boolean {
  return addressKind(address) === 'public';
}
