import { performance } from 'node:perf_hooks';
import { forEach } from './for-each.ts';
import { appObjects } from './push-app.ts';
import type { MeasuredServer } from './start-api-servers.ts';
import { openWire, type Wire } from './wire-client.ts';

/** How much to do. */
export interface Load {
  readonly objects: number;
  readonly watches: number;
  /** Creates, applies without a change, and updates: this many of each. */
  readonly applies: number;
}

/** One measured value. */
export interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  /** What is better; absent where it says nothing by itself. */
  readonly better?: 'more' | 'less';
  /** Share of the time that this process was busy, 0 to 1. */
  readonly clientBusy?: number;
}

const connections = 8;
const namespace = 'bench';
const maps = `/api/v1/namespaces/${namespace}/configmaps`;

/** Runs the whole programme on a server that was just started. */
export async function measureApiServer(server: MeasuredServer, load: Load): Promise<Figure[]> {
  const wires = await Promise.all(Array.from({ length: connections }, () => openWire(server.url, server.token)));
  const figures: Figure[] = [{ name: 'start to ready', unit: 'ms', value: server.readyMs, better: 'less' }];
  const idle = await server.memoryBytes();
  figures.push({ name: 'memory at the start', unit: 'MiB', value: mebibytes(idle), better: 'less' });
  try {
    await send(wires[0]!, 'POST', '/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace },
    });
    figures.push(...(await applies(wires, load.applies)));
    figures.push(...(await manyObjects(server, wires, load)));
  } finally {
    for (const wire of wires) wire.close();
  }
  return figures;
}

async function applies(wires: readonly Wire[], count: number): Promise<Figure[]> {
  const apps = Math.ceil(count / 4);
  const bodies = (prefix: string, number: number, version: string) =>
    Array.from({ length: number }, (_, index) =>
      appObjects(version).map((object) => {
        const name = `${prefix}${index}`;
        return { path: pathOf(object.kind, name), body: { ...object, metadata: { name, namespace } } };
      }),
    ).flat();
  const run = (work: readonly { path: string; body: object }[]) =>
    rate(work, wires, (wire, { path, body }) =>
      send(wire, 'PATCH', `${path}?fieldManager=bench&force=true`, body, 'application/apply-patch+yaml'),
    );
  await run(bodies('warm-', 100, '1.0.0'));
  const first = bodies('app-', apps, '1.0.0');
  const next = bodies('app-', apps, '2.0.0').filter(({ body }) => JSON.stringify(body).includes('2.0.0'));
  return [
    { name: 'server-side apply: creates', ...(await run(first)) },
    { name: 'server-side apply: no change', ...(await run(first)) },
    { name: 'server-side apply: Deployment updates', ...(await run(next)) },
  ];
}

async function manyObjects(server: MeasuredServer, wires: readonly Wire[], load: Load): Promise<Figure[]> {
  const figures: Figure[] = [];
  const before = await server.memoryBytes();
  const heapBefore = await server.heapBytes();
  const names = Array.from({ length: load.objects }, (_, index) => `map-${String(index).padStart(6, '0')}`);
  figures.push({
    name: 'creates (POST of a ConfigMap)',
    ...(await rate(names, wires, (wire, name) => send(wire, 'POST', maps, configMap(name, '1')))),
  });
  const after = await server.memoryBytes();
  const heapAfter = await server.heapBytes();
  figures.push({ name: 'gets', ...(await rate(names, wires, (wire, name) => send(wire, 'GET', `${maps}/${name}`))) });
  figures.push(await listTime(`list of ${load.objects}, whole`, async () => (await list(wires[0]!, maps)).count));
  figures.push(
    await listTime(`list of ${load.objects}, pages of 500`, async () => {
      let count = 0;
      for (let token = ''; ; ) {
        const page = await list(wires[0]!, `${maps}?limit=500&continue=${token}`);
        count += page.count;
        if (page.next === '') return count;
        token = page.next;
      }
    }),
  );
  const perThousand = (bytes: number) => mebibytes(bytes) / (load.objects / 1000);
  figures.push(
    { name: 'memory before the ConfigMaps', unit: 'MiB', value: mebibytes(before), better: 'less' },
    { name: `memory with ${load.objects} ConfigMaps`, unit: 'MiB', value: mebibytes(after), better: 'less' },
    { name: 'memory per 1000 ConfigMaps', unit: 'MiB', value: perThousand(after - before), better: 'less' },
    {
      name: 'live heap per 1000 ConfigMaps',
      unit: 'MiB',
      value: perThousand((heapAfter ?? Number.NaN) - (heapBefore ?? 0)),
    },
  );
  figures.push(...(await watched(server, wires, names, load.watches)));
  figures.push({
    name: 'memory at the end',
    unit: 'MiB',
    value: mebibytes(await server.memoryBytes()),
    better: 'less',
  });
  return figures;

  async function listTime(name: string, work: () => Promise<number>): Promise<Figure> {
    const started = performance.now();
    const count = await work();
    // A namespace may have a ConfigMap of its own, for the certificate.
    if (count !== load.objects && count !== load.objects + 1) throw new Error(`${name} has ${count} objects`);
    return { name, unit: 'ms', value: performance.now() - started, better: 'less' };
  }
}

/** Writes every ConfigMap once while watches are open; each watch must see every write. */
async function watched(
  server: MeasuredServer,
  wires: readonly Wire[],
  names: readonly string[],
  watches: number,
): Promise<Figure[]> {
  const { version } = await list(wires[0]!, `${maps}?limit=1`);
  const streams = await Promise.all(Array.from({ length: watches }, () => openWire(server.url, server.token)));
  let missing = watches;
  let broken = 0;
  let bytes = 0;
  let done: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    done = resolve;
  });
  for (const stream of streams) {
    const counter = eventCounter();
    let open = true;
    const settle = () => {
      open = false;
      missing--;
      if (missing === 0) done();
    };
    stream.stream(
      `${maps}?watch=true&resourceVersion=${version}`,
      (chunk) => {
        bytes += chunk.length;
        if (counter(chunk) >= names.length && open) settle();
      },
      () => {
        if (!open) return;
        broken++;
        settle();
      },
    );
  }
  const busy = clientUse();
  const started = performance.now();
  const writes = await rate(names, wires, (wire, name) => send(wire, 'PUT', `${maps}/${name}`, configMap(name, '2')));
  await all;
  const seconds = (performance.now() - started) / 1000;
  const clientBusy = busy();
  for (const stream of streams) stream.close();
  const delivered = (watches - broken) * names.length;
  return [
    { name: `updates under ${watches} watches`, ...writes },
    { name: 'until all events were delivered', unit: 's', value: seconds, better: 'less', clientBusy },
    { name: 'events delivered', unit: 'thousands/s', value: delivered / seconds / 1000, better: 'more', clientBusy },
    { name: 'bytes delivered', unit: 'MiB', value: mebibytes(bytes) },
    { name: 'watches that the server ended early', unit: `of ${watches}`, value: broken },
  ];
}

/**
 * Counts the events of a stream in whatever pieces it comes. Each ends with a newline; the line ends of the chunked
 * encoding, which may fall anywhere, have a carriage return before theirs.
 */
function eventCounter(): (chunk: Buffer) => number {
  const newline = 10;
  const carriageReturn = 13;
  let events = 0;
  let last = 0;
  return (chunk) => {
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, at + 1)) {
      if ((at === 0 ? last : chunk[at - 1]) !== carriageReturn) events++;
    }
    last = chunk.at(-1) ?? last;
    return events;
  };
}

async function rate<T>(
  items: readonly T[],
  wires: readonly Wire[],
  work: (wire: Wire, item: T) => Promise<unknown>,
): Promise<Omit<Figure, 'name'>> {
  const free = [...wires];
  const busy = clientUse();
  const started = performance.now();
  await forEach(items, wires.length, async (item) => {
    const wire = free.pop()!;
    await work(wire, item);
    free.push(wire);
  });
  return {
    unit: '1/s',
    value: items.length / ((performance.now() - started) / 1000),
    better: 'more',
    clientBusy: busy(),
  };
}

/** Measures how busy this process is until the returned function is called. */
function clientUse(): () => number {
  const cpu = process.cpuUsage();
  const started = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return (user + system) / 1000 / (performance.now() - started);
  };
}

async function send(wire: Wire, method: string, path: string, body?: object, contentType?: string): Promise<Buffer> {
  const answer = await wire.send(method, path, body === undefined ? undefined : JSON.stringify(body), contentType);
  if (answer.status > 299) throw new Error(`${method} ${path}: ${answer.status} ${answer.body.toString()}`);
  return answer.body;
}

async function list(wire: Wire, path: string): Promise<{ count: number; next: string; version: string }> {
  const body = await send(wire, 'GET', path);
  const { metadata, items } = JSON.parse(body.toString()) as {
    metadata: { continue?: string; resourceVersion: string };
    items: unknown[];
  };
  return { count: items.length, next: metadata.continue ?? '', version: metadata.resourceVersion };
}

function configMap(name: string, value: string): object {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': 'bench' } },
    data: {
      value,
      'settings.yaml': 'log: {level: info, format: json}\nserver: {port: 8080, host: 0.0.0.0}\n',
      note: 'x'.repeat(200),
    },
  };
}

function pathOf(kind: string, name: string): string {
  const [prefix, plural] = {
    ServiceAccount: ['/api/v1', 'serviceaccounts'],
    Service: ['/api/v1', 'services'],
    Deployment: ['/apis/apps/v1', 'deployments'],
    Ingress: ['/apis/networking.k8s.io/v1', 'ingresses'],
  }[kind]!;
  return `${prefix}/namespaces/${namespace}/${plural}/${name}`;
}

function mebibytes(bytes: number): number {
  return bytes / 1024 / 1024;
}
