/** Null where an architecture has no such call. From 424 on numbers are the same everywhere. */
type Numbers = readonly [x64: number | null, arm64: number | null];

const both = (number: number): readonly [number, number] => [number, number];

/**
 * What docker's default profile (moby, `profiles/seccomp`) denies a container without capabilities, and besides it what
 * one program could use against another of the same person: ptrace, process_vm_*, pidfd_getfd, kcmp.
 */
export const DENIED = {
  acct: [163, 89],
  add_key: [248, 217],
  bpf: [321, 280],
  chroot: [161, 51],
  clock_adjtime: [305, 266],
  clock_settime: [227, 112],
  create_module: [174, null],
  delete_module: [176, 106],
  fanotify_init: [300, 262],
  finit_module: [313, 273],
  fsconfig: both(431),
  fsmount: both(432),
  fsopen: both(430),
  fspick: both(433),
  get_kernel_syms: [177, null],
  get_mempolicy: [239, 236],
  init_module: [175, 105],
  io_uring_enter: both(426),
  io_uring_register: both(427),
  io_uring_setup: both(425),
  ioperm: [173, null],
  iopl: [172, null],
  kcmp: [312, 272],
  kexec_file_load: [320, 294],
  kexec_load: [246, 104],
  keyctl: [250, 219],
  lookup_dcookie: [212, 18],
  mbind: [237, 235],
  migrate_pages: [256, 238],
  mount: [165, 40],
  mount_setattr: both(442),
  move_mount: both(429),
  move_pages: [279, 239],
  nfsservctl: [180, 42],
  open_by_handle_at: [304, 265],
  open_tree: both(428),
  open_tree_attr: both(467),
  perf_event_open: [298, 241],
  pidfd_getfd: both(438),
  pivot_root: [155, 41],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  ptrace: [101, 117],
  query_module: [178, null],
  quotactl: [179, 60],
  quotactl_fd: both(443),
  reboot: [169, 142],
  request_key: [249, 218],
  set_mempolicy: [238, 237],
  set_mempolicy_home_node: both(450),
  setdomainname: [171, 162],
  sethostname: [170, 161],
  setns: [308, 268],
  settimeofday: [164, 170],
  swapoff: [168, 225],
  swapon: [167, 224],
  _sysctl: [156, null],
  sysfs: [139, null],
  syslog: [103, 116],
  umount2: [166, 39],
  unshare: [272, 97],
  uselib: [134, null],
  userfaultfd: [323, 282],
  ustat: [136, null],
  vhangup: [153, 58],
} as const satisfies Record<string, Numbers>;

/** Denied by their arguments. */
export const JUDGED = {
  clone: [56, 220],
  clone3: both(435),
  ioctl: [16, 29],
  personality: [135, 92],
  socket: [41, 198],
} as const satisfies Record<string, readonly [number, number]>;

/** Calls that this list was not made for; newer ones answer ENOSYS, as on an older kernel. */
export const FIRST_UNKNOWN = 470;

export const ARCHITECTURES = {
  x64: { index: 0, audit: 0xc000_003e },
  arm64: { index: 1, audit: 0xc000_00b7 },
} as const;
export type Architecture = keyof typeof ARCHITECTURES;
