import { either, integer, isFields, type Shape, struct, text } from './shapes.ts';

/** Whole thousandths of a processor, and whole bytes: forms whose size is plain to see. */
const processors = either(integer(0, 1000), text(/^(?:[0-9]{1,6}m|[0-9]{1,3}(?:\.[0-9]{1,3})?)$/, 7));
const bytes = either(integer(0, 1_000_000_000_000), text(/^[0-9]{1,6}(?:[KMGT]i|[kMGT])?$/, 8));

const units: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** Of a value of the shapes above, in thousandths. */
function sizeOf(value: unknown): number {
  const [, number = '', unit = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(String(value)) ?? [];
  return Math.round(Number(number) * (units[unit] ?? 1) * 1000);
}

const amounts = struct({ cpu: processors, memory: bytes });

/** What a container asks for, and may have: never more of the first. */
export const resources: Shape = struct(
  { requests: amounts, limits: amounts },
  {
    also: ({ requests, limits }) => {
      if (!isFields(requests) || !isFields(limits)) return undefined;
      const over = Object.keys(requests).find(
        (name) => Object.hasOwn(limits, name) && sizeOf(requests[name]) > sizeOf(limits[name]),
      );
      return over === undefined ? undefined : `requests.${over}`;
    },
  },
);
