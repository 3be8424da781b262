/** Texts that are wrong in most fields, each in a way of its own. */
export const oddTexts: readonly string[] = [
  ...['', ' ', 'UPPER', 'a_b', '-a', 'a..b', 'a b', 'x'.repeat(64), 'x'.repeat(254), 'é', 'a=b', '*', 'a.b/c', 'A/b'],
  ...['../x', '/abs', 'a/b/c', '1', '0', '-1', '0x1', '1.5Gi', '10.0.0', '1.2.3.4/33', '300.1.1.1', '100%', 'abc%'],
  ...['* * *', 'Nope', 'ReadWriteOnce', 'Always', 'None', 'TCP'],
];

/** Whole numbers at and beyond the limits that fields have. */
export const oddNumbers: readonly number[] = [
  ...[-1, 0, 1, 2, 3, 31, 60, 80, 100, 101, 420, 511, 512, 600, 1000, 3600, 30000, 32767, 65535, 65536, 86400],
  ...[2 ** 31 - 1, -(2 ** 31)],
];

export const oddQuantities: readonly (string | number)[] = [
  ...['0', '1', '-1', '100m', '1Gi', '1.5Gi', '0.5', '500', 2, '1e3', 'abc', '', '1Ki', '5Mi', '1n'],
];

/** Names of resources, some of which only quotas, or nobody, knows. */
export const oddResources: readonly string[] = [
  ...['cpu', 'memory', 'ephemeral-storage', 'storage', 'hugepages-2Mi', 'example.org/gpu', 'foo', 'requests.cpu'],
  ...['pods', 'limits.memory', 'Bad Name', 'kubernetes.io/x', 'count/pods', 'requests.storage'],
];

/** Keys of maps, good ones among them. */
export const oddKeys: readonly string[] = [
  ...['a', 'app', 'example.org/x', 'kubernetes.io/hostname', 'A_b', '-bad', 'a/b/c', '', 'x'.repeat(64), 'bad key'],
  ...['Upper.Case', '..', '.', 'a.b'],
];

/** Values of every type. */
export const anyValues: readonly unknown[] = [
  ...['text', 7, true, [], {}, ['a'], { a: 'b' }, 1.5, null, Number.MAX_SAFE_INTEGER, 3_000_000_000],
];
