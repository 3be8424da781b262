/** Deep copy of plain JSON data. Several times faster than structuredClone; anything but plain data is shared. */
export function cloneJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const copy = new Array(value.length);
    for (let index = 0; index < value.length; index++) copy[index] = cloneJson(value[index]);
    return copy as T;
  }
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    // Assigning to __proto__ would set the prototype instead of a field.
    if (key === '__proto__') continue;
    copy[key] = cloneJson((value as Record<string, unknown>)[key]);
  }
  return copy as T;
}

/** Equality of plain JSON data; a field that is undefined counts as absent. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    for (let index = 0; index < a.length; index++) if (!equalJson(a[index], b[index])) return false;
    return true;
  }
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key of Object.keys(left)) {
    if (left[key] === undefined ? right[key] !== undefined : !equalJson(left[key], right[key])) return false;
  }
  for (const key of Object.keys(right)) if (right[key] !== undefined && left[key] === undefined) return false;
  return true;
}

/** The RFC 7386 patch that turns `from` into `to`; undefined when they are equal. */
export function diffJson(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
): Record<string, unknown> | undefined {
  let patch: Record<string, unknown> | undefined;
  for (const key of Object.keys(to)) {
    const before = from[key];
    const after = to[key];
    if (after === undefined) continue;
    if (isPlain(before) && isPlain(after)) {
      const inner = diffJson(before, after);
      if (inner === undefined) continue;
      patch ??= {};
      patch[key] = inner;
    } else if (!equalJson(before, after)) {
      patch ??= {};
      patch[key] = after;
    }
  }
  for (const key of Object.keys(from)) {
    if (from[key] === undefined || from[key] === null || to[key] !== undefined) continue;
    patch ??= {};
    patch[key] = null;
  }
  return patch;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
