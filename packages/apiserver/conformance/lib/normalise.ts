import type { Recorded, Session } from './session.ts';

const uid = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
const time = /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g;
const serviceAddress = /\b10\.96\.\d{1,3}\.\d{1,3}\b/g;
/** An object that an error quotes. */
const quotedVersion = /(\\?"resourceVersion\\?":\\?")\d+/g;
const jwt = /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g;
const certificate = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?/g;

/**
 * What a session recorded, with everything that differs between any two runs replaced by a placeholder. Where identity
 * matters (uids, versions of single objects, generated names) the placeholders are numbered by first appearance.
 */
export function normalise(session: Session): Recorded[] {
  const normaliser = new Normaliser(session);
  for (const { value } of session.records) normaliser.learn(value);
  return session.records.map(({ label, value }) => ({ label, value: normaliser.clean(value, '') }));
}

class Normaliser {
  readonly #session: Session;
  readonly #numbers = new Map<string, Map<string, number>>();
  /** Random names, longest first. */
  readonly #names = new Map<string, string>();

  constructor(session: Session) {
    this.#session = session;
  }

  /** Collects names that the server made up. */
  learn(value: unknown): void {
    if (Array.isArray(value)) {
      for (const item of value) this.learn(item);
      return;
    }
    if (!isObject(value)) return;
    const { metadata } = value;
    if (isObject(metadata) && typeof metadata['name'] === 'string') {
      const { name, generateName, labels } = metadata;
      if (typeof generateName === 'string' && name.startsWith(generateName))
        this.#learnName(name.slice(generateName.length), 'suffix');
      if (isObject(labels)) {
        for (const key of ['pod-template-hash', 'controller-revision-hash']) {
          const hash = labels[key];
          if (typeof hash === 'string') this.#learnName(hash.slice(hash.lastIndexOf('-') + 1), 'hash');
        }
      }
    }
    for (const item of Object.values(value)) this.learn(item);
  }

  #learnName(text: string, what: string): void {
    if (text.length >= 5 && !this.#names.has(text)) this.#names.set(text, `<${what} ${this.#number(what, text)}>`);
  }

  clean(value: unknown, key: string, parent?: { readonly [key: string]: unknown }): unknown {
    if (typeof value === 'string') return this.#cleanText(value, key, parent);
    if (typeof value === 'number' && (key === 'nodePort' || key === 'healthCheckNodePort')) return '<port>';
    if (Array.isArray(value)) {
      const list = value.map((item) => this.clean(item, key));
      // Written in the same second they are sorted by manager, otherwise by time.
      if (key === 'managedFields') return list.sort(byManager);
      // The original walks a map of managers here.
      return list.some(isManagerConflict) ? list.sort(byText) : list;
    }
    if (!isObject(value)) return value;
    const isList = Array.isArray(value['items']) || value['kind'] === 'Table';
    const cleaned: Record<string, unknown> = {};
    // Sorted, because placeholders are numbered in the order in which they are met, and fields have none.
    for (const [name, item] of Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) {
      // Other cases write meanwhile: what version a list has says nothing.
      if (name === 'metadata' && isList && isObject(item) && typeof item['resourceVersion'] === 'string') {
        cleaned[name] = this.clean({ ...item, resourceVersion: item['resourceVersion'] === '' ? '' : '<rv>' }, name);
      } else cleaned[this.#cleanText(name, '')] = this.clean(item, name, value);
    }
    return cleaned;
  }

  #cleanText(text: string, key: string, parent?: { readonly [key: string]: unknown }): string {
    // The real one's controller manager is given no certificate to hand out.
    if (key === 'ca.crt') return '<certificate>';
    if (text === '') return text;
    if (key === 'resourceVersion') return /^\d+$/.test(text) ? `<rv ${this.#number('rv', text)}>` : text;
    if (key === 'continue') return '<continue>';
    if (key === 'caBundle' || key === 'certificate-authority-data') return '<certificate>';
    if (key === 'fieldsV1' && parent) return text;
    let cleaned = text
      .replaceAll(this.#session.ns, '<ns>')
      .replaceAll(this.#session.id, '<id>')
      .replaceAll(this.#session.server.url.slice('https://'.length), '<server>')
      .replace(uid, (match) => `<uid ${this.#number('uid', match)}>`)
      .replace(time, '<time>')
      .replace(serviceAddress, '<address>')
      .replace(/in record \(\d+\)/g, 'in record (<rv>)')
      .replace(/\bkube-api-access-[a-z0-9]{5}\b/g, 'kube-api-access-<suffix>')
      .replace(quotedVersion, '$1<rv>')
      .replace(jwt, '<token>')
      .replace(certificate, '<certificate>');
    cleaned = cleaned.replace(
      /(resourceVersion"?: ?")(\d+)"/g,
      (_, before: string, version: string) => `${before}<rv ${this.#number('rv', version)}>"`,
    );
    for (const [name, placeholder] of this.#names) cleaned = cleaned.replaceAll(name, placeholder);
    return cleaned;
  }

  #number(what: string, text: string): number {
    let numbers = this.#numbers.get(what);
    if (numbers === undefined) {
      numbers = new Map();
      this.#numbers.set(what, numbers);
    }
    let number = numbers.get(text);
    if (number === undefined) {
      number = numbers.size + 1;
      numbers.set(text, number);
    }
    return number;
  }
}

function byManager(a: unknown, b: unknown): number {
  const key = (entry: unknown): string =>
    isObject(entry)
      ? `${entry['manager']}|${entry['operation']}|${entry['apiVersion']}|${entry['subresource'] ?? ''}`
      : '';
  const [left, right] = [key(a), key(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function isManagerConflict(value: unknown): boolean {
  return isObject(value) && value['reason'] === 'FieldManagerConflict';
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
