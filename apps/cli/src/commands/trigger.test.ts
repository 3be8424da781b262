import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { runForTest } from '../testing/run-transcript.ts';

test('trigger receiver signs, retries and gives up on what will not change', async () => {
  const requests: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const answers = [503, 200, 401];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(answers.shift() ?? 500).end('no');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const line = ['trigger', 'receiver', 'hook', '-n', 'apps', `--url=${url}/`, '--token=t', '--retry-delay=1ms'];
    const done = await runForTest([...line, '--type=generic-hmac', '--payload={"a":1}']);
    const id = createHash('sha256').update('thookapps').digest('hex');
    const called = `${url}/hook/${id}`;
    expect(done.stderr).toBe(
      `► triggering Receiver apps/hook\n◎ request to ${called} failed with status 503 Service Unavailable: no; retrying in 1ms (1/10)\n✔ Receiver apps/hook triggered\n`,
    );
    expect(requests[1]).toMatchObject({
      path: `/hook/${id}`,
      headers: { 'x-signature': `sha256=${createHmac('sha256', 't').update('{"a":1}').digest('hex')}` },
      body: '{"a":1}',
    });
    const refused = await runForTest(line);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain(`✗ request to ${called} failed with status 401 Unauthorized: no\n`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
