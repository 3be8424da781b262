/**
 * BLAKE3 in its plain hash mode, 32 bytes out.
 *
 * Rule: the BLAKE3 specification (github.com/BLAKE3-team/BLAKE3-specs), sections 2.1 to 2.6. Here for
 * `--artifact-digest-algo=blake3` alone: about fifty times slower than `node:crypto`'s SHA-256.
 */
export interface Blake3 {
  update(chunk: Uint8Array): void;
  /** Ends the hash; call it once. */
  digest(): Uint8Array;
}

const blockLength = 64;
const chunkLength = 1024;
const chunkStart = 1;
const chunkEnd = 2;
const parent = 4;
const root = 8;
const iv = Uint32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
); // biome-ignore format: a table
const permutation = Uint8Array.of(2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8);

const state = new Uint32Array(16);
const words = new Uint32Array(16);
const permuted = new Uint32Array(16);

function mix(a: number, b: number, c: number, d: number, x: number, y: number): void {
  state[a] = state[a]! + state[b]! + x;
  state[d] = rotate(state[d]! ^ state[a]!, 16);
  state[c] = state[c]! + state[d]!;
  state[b] = rotate(state[b]! ^ state[c]!, 12);
  state[a] = state[a]! + state[b]! + y;
  state[d] = rotate(state[d]! ^ state[a]!, 8);
  state[c] = state[c]! + state[d]!;
  state[b] = rotate(state[b]! ^ state[c]!, 7);
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** Runs the compression function over `words` and leaves the first eight words of its output in `out`. */
function compress(
  chaining: Uint32Array,
  block: Uint32Array,
  counter: number,
  length: number,
  flags: number,
  out: Uint32Array,
): void {
  state.set(chaining);
  state.set(iv.subarray(0, 4), 8);
  state[12] = counter >>> 0;
  state[13] = Math.floor(counter / 2 ** 32);
  state[14] = length;
  state[15] = flags;
  words.set(block);
  for (let round = 0; round < 7; round++) {
    mix(0, 4, 8, 12, words[0]!, words[1]!);
    mix(1, 5, 9, 13, words[2]!, words[3]!);
    mix(2, 6, 10, 14, words[4]!, words[5]!);
    mix(3, 7, 11, 15, words[6]!, words[7]!);
    mix(0, 5, 10, 15, words[8]!, words[9]!);
    mix(1, 6, 11, 12, words[10]!, words[11]!);
    mix(2, 7, 8, 13, words[12]!, words[13]!);
    mix(3, 4, 9, 14, words[14]!, words[15]!);
    for (let index = 0; index < 16; index++) permuted[index] = words[permutation[index]!]!;
    words.set(permuted);
  }
  for (let index = 0; index < 8; index++) out[index] = state[index]! ^ state[index + 8]!;
}

/** Starts a hash. */
export function createBlake3(): Blake3 {
  const stack: Uint32Array[] = [];
  const chaining = Uint32Array.from(iv);
  const buffer = new Uint8Array(blockLength);
  const block = new Uint32Array(16);
  let buffered = 0;
  let blocks = 0;
  let chunks = 0;

  const loadBlock = (): void => {
    buffer.fill(0, buffered);
    for (let index = 0; index < 16; index++) {
      const at = index * 4;
      block[index] = buffer[at]! | (buffer[at + 1]! << 8) | (buffer[at + 2]! << 16) | (buffer[at + 3]! << 24);
    }
  };
  const joined = new Uint32Array(16);
  const parentOf = (left: Uint32Array, right: Uint32Array, flags: number): Uint32Array => {
    joined.set(left);
    joined.set(right, 8);
    const out = new Uint32Array(8);
    compress(iv, joined, 0, blockLength, parent | flags, out);
    return out;
  };
  const startFlag = (): number => (blocks === 0 ? chunkStart : 0);
  const finishChunk = (): void => {
    loadBlock();
    let value = new Uint32Array(8);
    compress(chaining, block, chunks, buffered, startFlag() | chunkEnd, value);
    chunks += 1;
    // As many subtrees end with this chunk as its number has trailing zero bits.
    for (let rest = chunks; rest % 2 === 0; rest /= 2)
      value = parentOf(stack.pop()!, value, 0) as Uint32Array<ArrayBuffer>;
    stack.push(value);
    chaining.set(iv);
    blocks = 0;
    buffered = 0;
  };

  return {
    update(chunk) {
      let at = 0;
      while (at < chunk.length) {
        // A full block waits until more input shows that it is not the last one.
        if (buffered === blockLength) {
          if (blocks === chunkLength / blockLength - 1) finishChunk();
          else {
            loadBlock();
            compress(chaining, block, chunks, blockLength, startFlag(), chaining);
            blocks += 1;
            buffered = 0;
          }
        }
        const take = Math.min(blockLength - buffered, chunk.length - at);
        buffer.set(chunk.subarray(at, at + take), buffered);
        buffered += take;
        at += take;
      }
    },
    digest() {
      loadBlock();
      let value = new Uint32Array(8);
      compress(chaining, block, chunks, buffered, startFlag() | chunkEnd | (stack.length === 0 ? root : 0), value);
      while (stack.length > 0) {
        const left = stack.pop()!;
        value = parentOf(left, value, stack.length === 0 ? root : 0) as Uint32Array<ArrayBuffer>;
      }
      const bytes = new Uint8Array(32);
      const view = new DataView(bytes.buffer);
      for (let index = 0; index < 8; index++) view.setUint32(index * 4, value[index]!, true);
      return bytes;
    },
  };
}
