import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** What came back for one request. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/**
 * One keep-alive connection that speaks just enough HTTP/1.1 for a load generator: a request at a time, answers with a
 * length or in chunks. It does a fraction of a general client's work, so that the server is what is measured.
 */
export interface Wire {
  send(method: string, path: string, body?: string, contentType?: string): Promise<Answer>;
  /** Sends a request whose answer does not end, and passes the bytes of its body on as they come, chunk heads and all. */
  stream(path: string, onBytes: (bytes: Buffer) => void, onEnd: () => void): void;
  close(): void;
}

/** Connects to `url` (http or https; the certificate is not checked: it is on loopback and ours). */
export async function openWire(url: string, token: string): Promise<Wire> {
  const { protocol, hostname, port, host } = new URL(url);
  const socket =
    protocol === 'https:'
      ? tls.connect({ host: hostname, port: Number(port), rejectUnauthorized: false })
      : net.connect({ host: hostname, port: Number(port) });
  await once(socket, protocol === 'https:' ? 'secureConnect' : 'connect');
  socket.setNoDelay(true);
  let pending: { parser: AnswerParser; resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  let forward: ((bytes: Buffer) => void) | undefined;
  let ended: () => void = () => {};
  socket.on('data', (bytes: Buffer) => {
    if (forward !== undefined) return forward(bytes);
    const answer = pending?.parser.push(bytes);
    if (answer === undefined) return;
    const { resolve } = pending!;
    pending = undefined;
    resolve(answer);
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    pending?.reject(new Error(`${url} closed the connection`));
    ended();
  });
  const head = (method: string, path: string) =>
    `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nUser-Agent: bench\r\nAccept: application/json\r\n`;
  return {
    send(method, path, body, contentType = 'application/json') {
      return new Promise((resolve, reject) => {
        pending = { parser: new AnswerParser(), resolve, reject };
        const length =
          body === undefined ? '' : `Content-Type: ${contentType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
        socket.write(`${head(method, path)}${length}\r\n${body ?? ''}`);
      });
    },
    stream(path, onBytes, onEnd) {
      ended = onEnd;
      let start = '';
      forward = (bytes) => {
        start += bytes.toString('latin1');
        const end = start.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!start.startsWith('HTTP/1.1 200')) throw new Error(`${path}: ${start}`);
        forward = onBytes;
        if (start.length > end + 4) onBytes(Buffer.from(start.slice(end + 4), 'latin1'));
      };
      // A stream that the server ends early must end the connection too, or nobody would hear of it.
      socket.write(`${head('GET', path)}Connection: close\r\n\r\n`);
    },
    close: () => socket.destroy(),
  };
}

class AnswerParser {
  #head: string | undefined;
  #status = 0;
  #length = -1;
  #parts: Buffer[] = [];
  #size = 0;

  push(bytes: Buffer): Answer | undefined {
    this.#parts.push(bytes);
    this.#size += bytes.length;
    if (this.#head === undefined) {
      const all = this.#whole();
      const end = all.indexOf('\r\n\r\n');
      if (end < 0) return undefined;
      this.#head = all.toString('latin1', 0, end);
      this.#status = Number(this.#head.slice(9, 12));
      this.#length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#head)?.[1] ?? -1);
      this.#parts = [all.subarray(end + 4)];
      this.#size = this.#parts[0]!.length;
    }
    if (this.#length >= 0) return this.#size < this.#length ? undefined : { status: this.#status, body: this.#whole() };
    const last = this.#parts.at(-1)!;
    // A body in chunks ends with an empty one.
    const tail = last.length >= 5 ? last : this.#whole();
    if (tail.toString('latin1', tail.length - 5) !== '0\r\n\r\n') return undefined;
    return { status: this.#status, body: unchunk(this.#whole()) };
  }

  #whole(): Buffer {
    if (this.#parts.length > 1) this.#parts = [Buffer.concat(this.#parts)];
    return this.#parts[0]!;
  }
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, end), 16);
    if (size === 0 || Number.isNaN(size)) return Buffer.concat(parts);
    parts.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
