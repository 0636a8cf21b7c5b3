import { describe, expect, it } from '@jest/globals';

import { cgroupMounts, cgroupPlaces } from './cgroup-tree.js';

const V1 = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
  '35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:3 - cgroup cgroup rw,memory',
  '39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids',
  '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
].join('\n');
const V2 = '29 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate';
const OWN = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/term.scope\n';

describe('cgroupPlaces', () => {
  it('finds a place for each kind in the first version, and nothing to do for the second', () => {
    expect(cgroupPlaces(V1, '0::/\n', true)).toEqual([
      { version: 1, folder: '/sys/fs/cgroup/memory', kinds: ['memory'] },
      { version: 1, folder: '/sys/fs/cgroup/pids', kinds: ['pids'] },
      { version: 1, folder: '/sys/fs/cgroup/cpu,cpuacct', kinds: ['cpu'] },
    ]);
  });

  it('takes the top for root, and beside its own group for an ordinary account', () => {
    const kinds = ['memory', 'pids', 'cpu'];
    expect(cgroupPlaces(V2, OWN, true)).toEqual([{ version: 2, folder: '/sys/fs/cgroup', kinds }]);
    const slice = '/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice';
    expect(cgroupPlaces(V2, OWN, false)).toEqual([
      { version: 2, folder: slice, kinds },
      { version: 2, folder: `${slice}/term.scope`, kinds },
    ]);
  });

  it('finds none where none is mounted', () => {
    expect(cgroupPlaces('22 1 8:1 / / rw - ext4 /dev/sda1 rw', '', true)).toEqual([]);
  });

  it('reads a mount point with a space', () => {
    expect(cgroupMounts('35 31 0:32 / /a\\040b rw - cgroup cgroup rw,memory')[0]?.point).toBe('/a b');
  });
});
