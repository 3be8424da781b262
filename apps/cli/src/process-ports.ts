import { createInterface } from 'node:readline';
import type { Input, Ports } from './framework/context.ts';

/** The real world: this process's streams, environment, folder and signals. `flush` waits until all output is out. */
export function processPorts(): { ports: Ports; flush: () => Promise<void> } {
  const controller = new AbortController();
  let interrupts = 0;
  const onSignal = () => {
    // The second Ctrl-C does not wait for anybody.
    if (++interrupts > 1) process.exit(130);
    controller.abort(new Error('context canceled'));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // A reader that went away (`flux … | head`) ends the output, not the program with a stack trace.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
    });
  }
  const ports: Ports = {
    env: process.env,
    cwd: process.cwd(),
    stdin: standardInput(),
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    isTerminal: process.stdout.isTTY === true && (process.env['NO_COLOR'] ?? '') === '',
    signal: controller.signal,
  };
  const drained = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write('', () => resolve()));
  return { ports, flush: async () => void (await Promise.all([drained(process.stdout), drained(process.stderr)])) };
}

function standardInput(): Input {
  return {
    isTerminal: process.stdin.isTTY === true,
    async text() {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString('utf8');
    },
    lines: () => createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }),
  };
}
