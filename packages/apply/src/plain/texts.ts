import { either, integer, mapOf, type Shape, text } from './shapes.ts';

const LABEL = '[a-z0-9](?:[-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(?:\\.${LABEL})*`;
const NAME = '[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?';

/** RFC 1123. */
export const dnsLabel: Shape = text(new RegExp(`^${LABEL}$`), 63);
export const dnsSubdomain: Shape = text(new RegExp(`^${SUBDOMAIN}$`), 253);
/** RFC 1035: what a Service may be called everywhere. */
export const serviceName: Shape = text(/^[a-z](?:[-a-z0-9]*[a-z0-9])?$/, 63);

/** No control characters, nothing that YAML takes for a line's end but JSON does not, no half of a pair. */
const CALM = /^[\t\n\r -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
export const anyText: Shape = (value) => (typeof value === 'string' && CALM.test(value) ? undefined : '');

const prefixed = new RegExp(`^(?:(${SUBDOMAIN})/)?(${NAME})$`);

export const labelKey: Shape = (value) => {
  const match = typeof value === 'string' && value.length <= 317 ? prefixed.exec(value) : null;
  return match !== null && (match[1]?.length ?? 0) <= 253 && match[2]!.length <= 63 ? undefined : '';
};
export const labelValue: Shape = text(new RegExp(`^(?:${NAME})?$`), 63);
export const labels: Shape = mapOf(labelKey, labelValue);

/** Keys of Kubernetes' own may have a meaning that is checked. Those of controllers beside it have none. */
const WITH_MEANING =
  /^(?:(?:[-a-z0-9.]+\.)?(?:alpha|beta)\.kubernetes\.io|(?:service|autoscaling)?\.?kubernetes\.io)\//;
const annotationKey: Shape = (value) =>
  labelKey(typeof value === 'string' ? value.toLowerCase() : value) === undefined && !WITH_MEANING.test(value as string)
    ? undefined
    : '';
export const annotations: Shape = mapOf(annotationKey, anyText);

/** Key of a ConfigMap or Secret. */
export const fileName: Shape = text(/^\.?[-_A-Za-z0-9][-._A-Za-z0-9]*$/, 253);

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
export const base64: Shape = (value) => (typeof value === 'string' && BASE64.test(value) ? undefined : '');

export const portNumber: Shape = integer(1, 65_535);
/** Name of a container's port: with a letter, and no two dashes in a row. */
export const portName: Shape = text(/^(?=.*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*$/, 15);
export const portNumberOrName: Shape = either(portNumber, portName);

/** So many, or such a share of all. */
export const countOrShare = either(integer(0, 1_000_000), text(/^(?:[0-9]{1,2}|100)%$/, 4));
