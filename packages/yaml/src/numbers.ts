/**
 * Prints a finite number as Go's `strconv.FormatFloat(x, 'g', -1, 64)` does: exponent form when the decimal exponent
 * is below -4 or at least 6, with two exponent digits at least (`1.5e+06`), else plain.
 */
export function formatGoFloat(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (value === Number.POSITIVE_INFINITY) return '.inf';
  if (value === Number.NEGATIVE_INFINITY) return '-.inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 6) {
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  return String(value); // JavaScript prints plain decimals from 1e-6 up to 1e21
}

/**
 * Prints a number as Go's `encoding/json` does: plain decimals from 1e-6 up to 1e21, otherwise `1e+21`, `1e-7`.
 * JavaScript's own form is the same.
 */
export function formatJsonNumber(value: number): string {
  if (Object.is(value, -0)) return '-0';
  return String(value);
}

const MAX_UINT64 = 18446744073709551615n;
const MIN_INT64 = -9223372036854775808n;

/**
 * Prints a JSON number as it looks after a round trip through YAML in Go: integers plain up to 64 bits, others as
 * {@link formatGoFloat}.
 */
export function formatYamlNumber(value: number | bigint): string {
  if (typeof value === 'bigint') {
    return value > MAX_UINT64 || value < MIN_INT64 ? formatGoFloat(Number(value)) : String(value);
  }
  if (Number.isInteger(value)) {
    if (Object.is(value, -0)) return '0';
    if (value < 2 ** 64 && value > -(2 ** 63)) return String(value); // the shortest digits of -2^63 are less than it
  }
  return formatGoFloat(value);
}
