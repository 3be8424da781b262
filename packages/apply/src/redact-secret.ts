import type { KubeObject } from '@fluvial/kube';

const mask = '***';
/** Shorter values are found in any text, and hiding them would tell where they are. */
const shortestHidden = 4;

/**
 * An error's text without what the Secret holds. Servers quote the values that they refuse: as they stand in the
 * manifest, decoded, or as their parser prints them.
 */
export function redactSecret(object: KubeObject, text: string): string {
  if (object.kind !== 'Secret' || object.apiVersion !== 'v1') return text;
  let redacted = text.replace(/\bValue:\s*(?:"(?:[^"\\]|\\.)*"|[^\s}]*)(?=\})/g, `Value:${mask}`);
  const values = new Set<string>();
  for (const field of [object.data, object.stringData]) {
    if (typeof field !== 'object' || field === null) continue;
    for (const value of Object.values(field)) {
      if (value === null || typeof value === 'object') continue;
      const raw = String(value);
      values.add(raw);
      values.add(JSON.stringify(raw).slice(1, -1));
      if (typeof value === 'string') values.add(Buffer.from(value, 'base64').toString('utf8'));
    }
  }
  // Longest first: one value may be part of another.
  for (const value of [...values].sort((a, b) => b.length - a.length)) {
    if (value.length >= shortestHidden) redacted = redacted.replaceAll(value, mask);
  }
  return redacted;
}
