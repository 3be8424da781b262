import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems hand out for outgoing connections, which would take a port between its choice and its use. */
const [first, last] = [12_000, 32_000];
const mostTries = 100;

/**
 * A port of 127.0.0.1 that was free a moment ago, for a program that has to be told its port before it starts.
 *
 * @throws {Error} when a hundred ports by chance are all taken.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < mostTries; tries++) {
    const port = randomInt(first, last);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port between ${first} and ${last} was found in ${mostTries} tries`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
