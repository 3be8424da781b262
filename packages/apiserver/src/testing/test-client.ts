import * as http from 'node:http';
import type { ApiServer } from '../start-api-server.ts';
import type { JsonObject } from '../types.ts';

export const MERGE = 'application/merge-patch+json';
export const JSON_PATCH = 'application/json-patch+json';
export const STRATEGIC = 'application/strategic-merge-patch+json';
export const APPLY = 'application/apply-patch+yaml';
export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';

// biome-ignore lint/suspicious/noExplicitAny: assertions read answers of every shape
export type Answer = any;

export interface TestClient {
  call(
    method: string,
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<{ status: number; body: Answer; headers: http.IncomingHttpHeaders }>;
  /** The body, after checking that the call went well. */
  ok(method: string, path: string, body?: unknown, options?: CallOptions): Promise<Answer>;
  /** Collects frames of a watch until `done` says so. */
  watch(path: string, done: (frames: Answer[]) => boolean): Promise<Answer[]>;
  /** Asks again until `done` says so. */
  until(path: string, done: (body: Answer, status: number) => boolean): Promise<Answer>;
}

export interface CallOptions {
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: { readonly [name: string]: string };
}

/** A client that shares nothing with the server: plain HTTP by hand. */
export function createTestClient(server: ApiServer): TestClient {
  const agent = new http.Agent({ keepAlive: true });
  const call: TestClient['call'] = (
    method,
    path,
    body,
    { type = 'application/json', accept = 'application/json', headers = {} } = {},
  ) =>
    new Promise((resolve, reject) => {
      const text =
        body === undefined
          ? undefined
          : typeof body === 'string' || Buffer.isBuffer(body)
            ? body
            : JSON.stringify(body);
      const request = http.request(
        `${server.plainUrl}${path}`,
        {
          method,
          agent,
          headers: {
            Authorization: `Bearer ${server.token}`,
            Accept: accept,
            'User-Agent': 'tester/1.0',
            ...(text === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) }),
            ...headers,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const raw = Buffer.concat(chunks).toString('utf8');
            let parsed: Answer = raw;
            if (String(response.headers['content-type']).startsWith('application/json')) parsed = JSON.parse(raw);
            resolve({ status: response.statusCode ?? 0, body: parsed, headers: response.headers });
          });
        },
      );
      request.on('error', reject);
      request.end(text);
    });
  return {
    call,
    async ok(method, path, body, options) {
      const answer = await call(method, path, body, options);
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    watch(path, done) {
      return new Promise((resolve, reject) => {
        const request = http.get(
          `${server.plainUrl}${path}`,
          { headers: { Authorization: `Bearer ${server.token}` } },
          (response) => {
            const frames: Answer[] = [];
            let rest = '';
            response.on('data', (chunk: Buffer) => {
              rest += chunk.toString('utf8');
              const lines = rest.split('\n');
              rest = lines.pop()!;
              for (const line of lines) frames.push(JSON.parse(line));
              if (done(frames)) {
                request.destroy();
                resolve(frames);
              }
            });
            response.on('end', () => resolve(frames));
            response.on('error', () => resolve(frames));
          },
        );
        request.on('error', (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ECONNRESET') reject(error);
        });
      });
    },
    async until(path, done) {
      for (;;) {
        const { status, body } = await call('GET', path);
        if (done(body, status)) return body;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}

export function configMap(name: string, data?: JsonObject, metadata: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, ...metadata },
    ...(data === undefined ? {} : { data }),
  };
}

export function deployment(name: string, spec: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: 'a' } },
      template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'example.com/a:1' }] } },
      ...spec,
    },
  };
}
