import { TypeMismatch } from './type-mismatch.ts';

const QUANTITY_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?\d+)?$/;

const DECIMAL_SUFFIX: readonly (readonly [string, number])[] = [
  ['E', 18],
  ['P', 15],
  ['T', 12],
  ['G', 9],
  ['M', 6],
  ['k', 3],
  ['', 0],
  ['m', -3],
  ['u', -6],
  ['n', -9],
];

/** The canonical text of a quantity: `0.5` is `500m`, `1024Mi` is `1Gi`. @throws {TypeMismatch} */
export function canonicalQuantity(text: string): string {
  const match = QUANTITY_TEXT.exec(text);
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) {
    throw new TypeMismatch(
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    );
  }
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  const minus = sign === '-' ? '-' : '';
  const digits = BigInt(`${whole}${fraction}` || '0');
  if (digits === 0n) return suffix.endsWith('i') || /^[eE]/.test(suffix) ? '0' : '0';
  if (suffix.endsWith('i')) return binaryQuantity(minus, digits, fraction.length, suffix) ?? text;
  const exponential = /^[eE]/.test(suffix);
  let exponent =
    (exponential ? Number(suffix.slice(1)) : DECIMAL_SUFFIX.find(([s]) => s === suffix)![1]) - fraction.length;
  let value = digits;
  while (value % 10n === 0n) {
    value /= 10n;
    exponent++;
  }
  // The largest suffix that leaves no fraction; nothing finer than nano, rounded up.
  while (exponent < -9) {
    value = (value + 9n) / 10n;
    exponent++;
  }
  const [name, power] = DECIMAL_SUFFIX.find(([, p]) => p <= exponent)!;
  const number = value * 10n ** BigInt(exponent - power);
  if (exponential) return `${minus}${number}${power === 0 ? '' : `e${power}`}`;
  return `${minus}${number}${name}`;
}

const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

function binaryQuantity(minus: string, digits: bigint, decimals: number, suffix: string): string | undefined {
  let value = digits * 1024n ** BigInt(BINARY.indexOf(suffix));
  const divisor = 10n ** BigInt(decimals);
  if (value % divisor !== 0n) {
    // A binary quantity with a fraction is printed as a decimal one, in milli.
    const milli = (value * 1000n + divisor - 1n) / divisor;
    return `${minus}${milli}m`;
  }
  value /= divisor;
  let power = 0;
  while (power < BINARY.length - 1 && value % 1024n === 0n) {
    value /= 1024n;
    power++;
  }
  return `${minus}${value}${BINARY[power]}`;
}
