const comparable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'];
const summable = ['int', 'uint', 'double', 'duration'];

const [quantity, semver, url] = ['kubernetes.Quantity', 'kubernetes.Semver', 'kubernetes.URL'];
const [format, authorization] = ['kubernetes.NamedFormat', 'kubernetes.authorization'];

const optionals = [
  'optional.of(V): optional(V)',
  'optional.ofNonZeroValue(V): optional(V)',
  'optional.none(): optional(V)',
  'optional(V).value(): V',
  'optional(V).hasValue(): bool',
  'optional(V).or(optional(V)): optional(V)',
  'optional(V).orValue(V): V',
  '_[?_](list(V), int): optional(V)',
  '_[?_](optional(list(V)), int): optional(V)',
  '_[?_](map(K, V), K): optional(V)',
  '_[?_](optional(map(K, V)), K): optional(V)',
  '_[_](optional(list(V)), int): optional(V)',
  '_[_](optional(map(K, V)), K): optional(V)',
  'list(V).last(): optional(V)',
  'list(V).first(): optional(V)',
  'optional.unwrap(list(optional(V))): list(V)',
  'list(optional(V)).unwrapOpt(): list(V)',
];

const strings = [
  'string.charAt(int): string',
  'string.indexOf(string): int',
  'string.indexOf(string, int): int',
  'string.lastIndexOf(string): int',
  'string.lastIndexOf(string, int): int',
  'string.lowerAscii(): string',
  'string.replace(string, string): string',
  'string.replace(string, string, int): string',
  'string.split(string): list(string)',
  'string.split(string, int): list(string)',
  'string.substring(int): string',
  'string.substring(int, int): string',
  'string.trim(): string',
  'string.upperAscii(): string',
  'string.format(list(dyn)): string',
  'strings.quote(string): string',
  'list(string).join(): string',
  'list(string).join(string): string',
];

const patterns = [
  'string.find(string): string',
  'string.findAll(string): list(string)',
  'string.findAll(string, int): list(string)',
];

const sets = ['contains', 'equivalent', 'intersects'].map((name) => `sets.${name}(list(T), list(T)): bool`);
const encoders = ['base64.encode(bytes): string', 'base64.decode(string): bytes'];

const lists = [
  ...comparable.map((type) => `list(${type}).isSorted(): bool`),
  ...summable.map((type) => `list(${type}).sum(): ${type}`),
  ...comparable.flatMap((type) => [`list(${type}).max(): ${type}`, `list(${type}).min(): ${type}`]),
  'list(A).indexOf(A): int',
  'list(A).lastIndexOf(A): int',
  'list(T).slice(int, int): list(T)',
  'list(list(T)).flatten(): list(T)',
  'list(dyn).flatten(int): list(dyn)',
  ...comparable.map((type) => `list(${type}).sort(): list(${type})`),
  ...comparable.map((type) => `list(T).@sortByAssociatedKeys(list(${type})): list(T)`),
  'lists.range(int): list(int)',
  'list(T).reverse(): list(T)',
  'list(T).distinct(): list(T)',
  'cel.@mapInsert(map(K, V), K, V): map(K, V)',
  'cel.@mapInsert(map(K, V), map(K, V)): map(K, V)',
];

const network = [
  `url(string): ${url}`,
  ...['Scheme', 'Host', 'Hostname', 'Port', 'EscapedPath'].map((part) => `${url}.get${part}(): string`),
  `${url}.getQuery(): map(string, list(string))`,
  'isURL(string): bool',
  'ip(string): net.IP',
  'net.IP.family(): int',
  'ip.isCanonical(string): bool',
  ...['Unspecified', 'Loopback', 'LinkLocalMulticast', 'LinkLocalUnicast', 'GlobalUnicast'].map(
    (kind) => `net.IP.is${kind}(): bool`,
  ),
  'isIP(string): bool',
  'string(net.IP): string',
  'cidr(string): net.CIDR',
  'net.CIDR.containsIP(string): bool',
  'net.CIDR.containsIP(net.IP): bool',
  'net.CIDR.containsCIDR(string): bool',
  'net.CIDR.containsCIDR(net.CIDR): bool',
  'net.CIDR.ip(): net.IP',
  'net.CIDR.prefixLength(): int',
  'net.CIDR.masked(): net.CIDR',
  'isCIDR(string): bool',
  'string(net.CIDR): string',
];

const quantities = [
  `quantity(string): ${quantity}`,
  'isQuantity(string): bool',
  `sign(${quantity}): int`,
  ...[quantity, semver].flatMap((type) => [
    `${type}.isGreaterThan(${type}): bool`,
    `${type}.isLessThan(${type}): bool`,
    `${type}.compareTo(${type}): int`,
  ]),
  `${quantity}.asApproximateFloat(): double`,
  `${quantity}.asInteger(): int`,
  `${quantity}.isInteger(): bool`,
  ...['add', 'sub'].flatMap((name) => [
    `${quantity}.${name}(${quantity}): ${quantity}`,
    `${quantity}.${name}(int): ${quantity}`,
  ]),
  `semver(string): ${semver}`,
  `semver(string, bool): ${semver}`,
  'isSemver(string): bool',
  'isSemver(string, bool): bool',
  ...['major', 'minor', 'patch'].map((part) => `${semver}.${part}(): int`),
];

const formats = [
  `${format}.validate(string): optional(list(string))`,
  `format.named(string): optional(${format})`,
  ...['dns1123Label', 'dns1123Subdomain', 'dns1035Label', 'qualifiedName', 'dns1123LabelPrefix'].map(
    (name) => `format.${name}(): ${format}`,
  ),
  ...['dns1123SubdomainPrefix', 'dns1035LabelPrefix', 'labelValue', 'uri', 'uuid', 'byte', 'date', 'datetime'].map(
    (name) => `format.${name}(): ${format}`,
  ),
];

// Rules of a definition have no authorizer, but its methods have names there.
const authorizer = [
  `${authorization}.Authorizer.path(string): ${authorization}.PathCheck`,
  `${authorization}.Authorizer.group(string): ${authorization}.GroupCheck`,
  `${authorization}.Authorizer.serviceAccount(string, string): ${authorization}.Authorizer`,
  `${authorization}.GroupCheck.resource(string): ${authorization}.ResourceCheck`,
  ...['subresource', 'namespace', 'name', 'fieldSelector', 'labelSelector'].map(
    (name) => `${authorization}.ResourceCheck.${name}(string): ${authorization}.ResourceCheck`,
  ),
  ...['PathCheck', 'ResourceCheck'].map((name) => `${authorization}.${name}.check(string): ${authorization}.Decision`),
  ...['errored(): bool', 'error(): string', 'allowed(): bool', 'reason(): string'].map(
    (method) => `${authorization}.Decision.${method}`,
  ),
];

/** Signatures of the libraries that Flux takes from CEL. */
export const portableSignatures: readonly string[] = [
  ...optionals,
  ...strings,
  'string.reverse(): string',
  ...sets,
  ...encoders,
];

// Where a function is of two libraries, what is not known yet is taken for what the first one wants.
/** Signatures that the API server adds. Source: the Kubernetes documentation, "Common Expression Language". */
export const kubernetesSignatures: readonly string[] = [
  ...optionals,
  ...patterns,
  ...sets,
  ...lists,
  ...strings,
  ...network,
  ...quantities,
  ...formats,
  ...authorizer,
];
