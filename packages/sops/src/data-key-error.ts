import { SopsError } from './error.ts';

export interface GroupResult {
  /** The group's part of the data key; undefined: none of its keys could be used. */
  readonly part: Uint8Array | undefined;
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
}

const reasonWidth = 60;
const trailerWidth = 75;

/** Tells for each key why it did not open the file, laid out as people know it from the original. */
export function createDataKeyError(results: readonly GroupResult[], threshold: number): SopsError {
  const groups = results.map(({ part, failures }, index) => {
    if (part) return `Group ${index}: SUCCESS`;
    const keys = failures.map(({ name, reason }) => {
      const [first = '', ...rest] = wrap(reason, reasonWidth).split('\n');
      return [`${name}: FAILED`, `  - | ${first}`, ...rest.map((line) => `    | ${line}`)].join('\n');
    });
    const text = keys.join('\n\n').replaceAll('\n', '\n  ');
    return `Group ${index}: FAILED\n  ${text}`;
  });
  const parts = results.filter(({ part }) => part).length;
  const trailer =
    threshold === 0
      ? 'Recovery failed because no master key was able to decrypt the file. In order for SOPS to recover the file, at least one key has to be successful, but none were.'
      : `Recovery failed because the file was encrypted with a Shamir threshold of ${threshold}, but only ${parts} part(s) were successfully recovered, one for each successful key group. In order for SOPS to recover the file, at least ${threshold} groups have to be successful. In order for a group to be successful, decryption has to succeed with any of the keys in that key group.`;
  const heading = 'Failed to get the data key required to decrypt the SOPS file.';
  return new SopsError('DATA_KEY', `${heading}\n\n${groups.join('\n\n')}\n\n${wrap(trailer, trailerWidth)}`);
}

function wrap(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
