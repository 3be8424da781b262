import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { request } from 'undici';
import type { Server } from './servers.ts';

/** Bounds a wait that would otherwise hang; measures nothing. */
const patienceMs = 20_000;

// biome-ignore lint/suspicious/noExplicitAny: cases read answers of every shape
export type Json = any;

export interface HttpOptions {
  /** Objects are sent as JSON, strings as they are. `{ns}` and `{id}` are replaced in either. */
  readonly body?: unknown;
  /** Content type of the body. Default `application/json`. */
  readonly type?: string;
  /** Default `application/json`. */
  readonly accept?: string;
  /** Whom to impersonate. */
  readonly as?: {
    readonly user: string;
    readonly groups?: readonly string[];
    readonly uid?: string;
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  /** Bearer token instead of the administrator's; an empty one sends none. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Leaves the exchange out of what is compared. Default false. */
  readonly unrecorded?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** Parsed when it is JSON, else text. */
  readonly body: Json;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface WatchEvent {
  readonly type: string;
  readonly object: Json;
}

export interface OpenWatch {
  /** Waits until what came so far satisfies the predicate. Rejects when it never does. */
  until(done: (events: readonly WatchEvent[]) => boolean): Promise<readonly WatchEvent[]>;
  /** Ends it and records all events under its path. */
  close(): Promise<void>;
}

export interface KubectlOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Leaves it out of what is compared. Default false. */
  readonly unrecorded?: boolean;
}

export interface Recorded {
  readonly label: string;
  readonly value: unknown;
}

/** One case on one server. It has a namespace of its own, and what it records is compared with the other server's. */
export class Session {
  readonly server: Server;
  /** Name of the case's own namespace, `{ns}` in paths, bodies and arguments. */
  readonly ns: string;
  /** Unique in the run, `{id}` in paths, bodies and arguments: for names of cluster-scoped objects. */
  readonly id: string;
  readonly records: Recorded[] = [];

  constructor(server: Server, id: string) {
    this.server = server;
    this.id = id;
    this.ns = `ns-${id}`;
  }

  /** Sends a request and records status, warnings, content type unless JSON, and body. */
  async http(method: string, path: string, options: HttpOptions = {}): Promise<HttpAnswer> {
    const { body, type = 'application/json', accept = 'application/json', as, token, headers, unrecorded } = options;
    const text = body === undefined ? undefined : this.fill(typeof body === 'string' ? body : JSON.stringify(body));
    const bearer = token ?? this.server.token;
    const answer = await request(this.server.url + this.fill(path), {
      dispatcher: this.server.dispatcher,
      method: method as 'GET',
      headersTimeout: patienceMs * 2,
      bodyTimeout: patienceMs * 2,
      headers: {
        accept,
        'user-agent': 'conformance/1.0',
        ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }),
        ...(text === undefined ? {} : { 'content-type': type }),
        ...(as === undefined ? {} : impersonation(as, (value) => this.fill(value))),
        ...headers,
      },
      ...(text === undefined ? {} : { body: text }),
    });
    const raw = await answer.body.text();
    const isJson = String(answer.headers['content-type'] ?? '').startsWith('application/json');
    // A watch that ended by itself is several documents, one a line.
    const parsed: Json = isJson && raw !== '' && !/\}\n\{/.test(raw) ? JSON.parse(raw) : raw;
    const { warning, 'content-type': contentType, 'retry-after': retryAfter } = answer.headers;
    if (!unrecorded) {
      this.record(`${method} ${path}`, {
        status: answer.statusCode,
        ...(warning === undefined ? {} : { warning }),
        ...(isJson && contentType === 'application/json' ? {} : { contentType }),
        ...(retryAfter === undefined ? {} : { retryAfter }),
        body: parsed,
      });
    }
    return { status: answer.statusCode, body: parsed, headers: answer.headers };
  }

  /** Asks again until the answer satisfies the predicate, and records that one. Rejects when it never does. */
  async settle(
    path: string,
    done: (body: Json, status: number) => boolean,
    options: HttpOptions = {},
  ): Promise<HttpAnswer> {
    const end = Date.now() + patienceMs;
    for (;;) {
      const answer = await this.http('GET', path, { ...options, unrecorded: true });
      if (done(answer.body, answer.status)) {
        if (!options.unrecorded) this.record(`GET ${path}`, { status: answer.status, body: answer.body });
        return answer;
      }
      if (Date.now() > end) throw new Error(`GET ${path}: never as expected; last ${JSON.stringify(answer.body)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Opens a watch (`watch=1` is added). Errors of the server, like 410 in the stream, are events; others reject. */
  async watch(path: string, options: Pick<HttpOptions, 'accept' | 'as' | 'token'> = {}): Promise<OpenWatch> {
    const { accept = 'application/json', as, token } = options;
    const abort = new AbortController();
    const answer = await request(`${this.server.url}${this.fill(path)}${path.includes('?') ? '&' : '?'}watch=1`, {
      dispatcher: this.server.dispatcher,
      signal: abort.signal,
      bodyTimeout: patienceMs * 2,
      headers: {
        accept,
        'user-agent': 'conformance/1.0',
        authorization: `Bearer ${token ?? this.server.token}`,
        ...(as === undefined ? {} : impersonation(as, (value) => this.fill(value))),
      },
    });
    const label = `WATCH ${path}`;
    const events: WatchEvent[] = [];
    let changed: () => void = () => {};
    let ended = false;
    if (answer.statusCode !== 200) {
      const text = await answer.body.text();
      this.record(label, { status: answer.statusCode, body: text.startsWith('{') ? JSON.parse(text) : text });
      ended = true;
    }
    const reading = (async () => {
      let rest = '';
      try {
        if (ended) return;
        for await (const chunk of answer.body.setEncoding('utf8')) {
          const lines = (rest + String(chunk)).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) if (line !== '') events.push(JSON.parse(line) as WatchEvent);
          changed();
        }
      } catch (error) {
        if (!abort.signal.aborted) throw error;
      } finally {
        ended = true;
        changed();
      }
    })();
    reading.catch(() => {});
    const failed = answer.statusCode !== 200;
    return {
      until: async (done) => {
        const timer = setTimeout(() => changed(), patienceMs);
        const end = Date.now() + patienceMs;
        try {
          while (!done(events)) {
            if (ended || Date.now() >= end)
              throw new Error(`${label}: ${ended ? 'ended' : 'silent'} after ${JSON.stringify(events)}`);
            await new Promise<void>((resolve) => {
              changed = resolve;
            });
          }
          return events;
        } finally {
          clearTimeout(timer);
        }
      },
      close: async () => {
        abort.abort();
        await reading;
        if (!failed) this.record(label, events);
      },
    };
  }

  /** Runs the real kubectl and records exit code, stdout and stderr. `{ns}` is also its default namespace. */
  async kubectl(
    args: readonly string[],
    { stdin = '', env = {}, unrecorded = false }: KubectlOptions = {},
  ): Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }> {
    const { kubectl } = this.server;
    if (kubectl === undefined) throw new Error('there is no kubectl: FLUVIAL_KUBECTL names it');
    const filled = args.map((argument) => this.fill(argument));
    const child = spawn(
      kubectl,
      [
        `--kubeconfig=${this.server.kubeconfig}`,
        `--cache-dir=${this.server.cacheDir}`,
        ...(filled.some((argument) => /^(-n|-A|--namespace.*|--all-namespaces)$/.test(argument))
          ? []
          : [`--namespace=${this.ns}`]),
        ...filled,
      ],
      {
        stdio: ['pipe', 'pipe', 'pipe'],
        // An editor or a pager that it starts ends with it.
        detached: true,
        cwd: this.#folder(),
        env: {
          PATH: process.env['PATH'],
          HOME: this.server.cacheDir,
          TZ: 'UTC',
          KUBECTL_KUBERC: 'false',
          KUBE_EDITOR: 'true',
          ...env,
        },
      },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdin.on('error', () => {});
    child.stdin.end(this.fill(stdin));
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), patienceMs * 2);
    const [code] = (await once(child, 'close')) as [number | null];
    clearTimeout(timer);
    const end = { exitCode: code ?? -1, stdout, stderr };
    if (!unrecorded) this.record(`kubectl ${args.join(' ')}`, end);
    return end;
  }

  /** Writes files into the folder that kubectl runs in; `{ns}` and `{id}` are replaced in them. */
  files(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(this.#folder(), name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, this.fill(text), { mode: 0o755 });
    }
  }

  #folder(): string {
    const folder = path.join(this.server.cacheDir, `case-${this.id}`);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** Records a value that the case made itself. */
  record(label: string, value: unknown): void {
    this.records.push({ label, value: structuredClone(value) });
  }

  /** Replaces `{ns}` and `{id}`. */
  fill(text: string): string {
    return text.replaceAll('{ns}', this.ns).replaceAll('{id}', this.id);
  }
}

function impersonation(
  { user, groups = [], uid, extra = {} }: NonNullable<HttpOptions['as']>,
  fill: (value: string) => string,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = { 'impersonate-user': fill(user) };
  if (groups.length > 0) headers['impersonate-group'] = groups.map(fill);
  if (uid !== undefined) headers['impersonate-uid'] = uid;
  for (const [key, values] of Object.entries(extra)) headers[`impersonate-extra-${key}`] = [...values];
  return headers;
}
