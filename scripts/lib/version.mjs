/** True where dotted version `a` is at least `b`; what follows the numbers is ignored. */
export function isAtLeast(a, b) {
  const left = numbers(a);
  const right = numbers(b);
  for (let i = 0; i < right.length; i++) {
    const difference = (left[i] ?? 0) - right[i];
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version) {
  return (/^v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? '0').split('.').map(Number);
}
