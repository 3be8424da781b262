import { flag, isFields, listOf, mapOf, type Shape, struct } from './shapes.ts';
import { anyText, base64, dnsSubdomain, fileName } from './texts.ts';

const named = listOf(struct({ name: dnsSubdomain }, { needs: ['name'] }), {
  unique: (item) => (item as { name: string }).name,
});

export const serviceAccount: Readonly<Record<string, Shape>> = {
  automountServiceAccountToken: flag,
  imagePullSecrets: named,
};

export const configMap: Readonly<Record<string, Shape>> = {
  data: mapOf(fileName, anyText),
  binaryData: mapOf(fileName, base64),
  immutable: flag,
};

/** A key may be in one of the two only. */
export function sharedKey({ data, binaryData }: Readonly<Record<string, unknown>>): string | undefined {
  if (!isFields(data) || !isFields(binaryData)) return undefined;
  const shared = Object.keys(binaryData).find((key) => Object.hasOwn(data, key));
  return shared === undefined ? undefined : `binaryData.${shared}`;
}

const secretType: Shape = (value) =>
  typeof value === 'string' &&
  value.length <= 253 &&
  (/^(?:Opaque|kubernetes\.io\/tls)$/.test(value) ||
    (/^[A-Za-z0-9][-A-Za-z0-9./_]*$/.test(value) && !/kubernetes\.io/i.test(value)))
    ? undefined
    : '';

export const secret: Readonly<Record<string, Shape>> = {
  data: mapOf(fileName, base64),
  immutable: flag,
  type: secretType,
};

/** A certificate and its key, as far as the server looks. */
export function missingKey({ type, data }: Readonly<Record<string, unknown>>): string | undefined {
  if (type !== 'kubernetes.io/tls') return undefined;
  const missing = ['tls.crt', 'tls.key'].find((key) => !isFields(data) || !Object.hasOwn(data, key));
  return missing === undefined ? undefined : `data.${missing}`;
}
