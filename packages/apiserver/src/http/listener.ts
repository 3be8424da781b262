import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import type { CertificatePair } from './self-signed.ts';

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** First byte of a TLS handshake record. */
const TLS_HANDSHAKE = 0x16;

/**
 * Serves HTTP and HTTPS on one loopback port, told apart by the first byte of a connection.
 *
 * kubectl insists on TLS before it sends a token; clients in the same process save its cost.
 */
export async function listen(port: number, pair: CertificatePair, handler: http.RequestListener): Promise<Listener> {
  const settings: http.ServerOptions = {
    keepAliveTimeout: 120_000,
    requestTimeout: 60_000,
    headersTimeout: 60_000,
    maxHeaderSize: 64 * 1024,
    noDelay: true,
  };
  const plain = http.createServer(settings, handler);
  const secure = https.createServer(
    { ...settings, cert: pair.certificate, key: pair.key, ALPNProtocols: ['http/1.1'] },
    handler,
  );
  for (const server of [plain, secure]) {
    server.on('clientError', (_error, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
  }
  secure.on('tlsClientError', (_error, socket) => socket.destroy());
  const sockets = new Set<net.Socket>();
  const front = net.createServer({ noDelay: true, pauseOnConnect: false }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(60_000, () => socket.destroy());
    socket.once('data', (chunk) => {
      socket.pause();
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      const server = chunk[0] === TLS_HANDSHAKE ? secure : plain;
      socket.unshift(chunk);
      server.emit('connection', socket);
      process.nextTick(() => socket.resume());
    });
  });
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject);
    front.listen({ host: '127.0.0.1', port }, () => {
      front.off('error', reject);
      resolve();
    });
  });
  return {
    port: (front.address() as net.AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        plain.close();
        secure.close();
        front.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
