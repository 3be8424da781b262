/** Cuts every commit or digest of 40 to 128 hex digits in a text to its first eight. */
export function shortenRevision(text: string): string {
  return text.replace(/\b([0-9a-f]{8})[0-9a-f]{32,120}\b/g, '$1');
}
