import { SopsError } from './error.ts';

export interface GroupResult {
  /** The group's part of the data key; undefined: none of its keys could be used. */
  readonly part: Uint8Array | undefined;
  readonly failures: readonly KeyFailure[];
}

interface KeyFailure {
  /** Of the key. */
  readonly name: string;
  readonly reason: string;
}

const reasonColumns = 60;
const summaryColumns = 75;

/** Tells for each key why it did not open the file. Rule: the layout and the texts of `sops decrypt`. */
export function createDataKeyError(results: readonly GroupResult[], threshold: number): SopsError {
  return new SopsError('DATA_KEY', [...report(results, threshold)].join('\n'));
}

function* report(results: readonly GroupResult[], threshold: number): Generator<string> {
  yield 'Failed to get the data key required to decrypt the SOPS file.';
  for (const [index, { part, failures }] of results.entries()) {
    yield '';
    yield `Group ${index}: ${part ? 'SUCCESS' : 'FAILED'}`;
    if (part) continue;
    for (const [position, failure] of failures.entries()) {
      if (position > 0) yield '  ';
      yield* reportKey(failure);
    }
    if (failures.length === 0) yield '  ';
  }
  yield '';
  const recovered = results.filter(({ part }) => part !== undefined).length;
  yield* fill(summaryOf(threshold, recovered), summaryColumns);
}

function* reportKey({ name, reason }: KeyFailure): Generator<string> {
  yield `  ${name}: FAILED`;
  let margin = '    - | ';
  for (const line of fill(reason, reasonColumns)) {
    yield `${margin}${line}`;
    margin = '      | ';
  }
}

function summaryOf(threshold: number, recovered: number): string {
  return threshold === 0
    ? 'Recovery failed because no master key was able to decrypt the file. In order for SOPS to recover the file, at least one key has to be successful, but none were.'
    : `Recovery failed because the file was encrypted with a Shamir threshold of ${threshold}, but only ${recovered} part(s) were successfully recovered, one for each successful key group. In order for SOPS to recover the file, at least ${threshold} groups have to be successful. In order for a group to be successful, decryption has to succeed with any of the keys in that key group.`;
}

/** Words in lines of at most so many columns; a longer word has a line of its own. */
function* fill(text: string, columns: number): Generator<string> {
  const words = text.split(/\s+/);
  let from = 0;
  let width = 0;
  for (const [index, word] of words.entries()) {
    const wider = index === from ? word.length : width + 1 + word.length;
    if (index > from && wider > columns) {
      yield words.slice(from, index).join(' ');
      from = index;
      width = word.length;
    } else width = wider;
  }
  yield words.slice(from).join(' ');
}
