import { asArray, asObject, asString } from '../json.ts';
import type { Bucket } from '../storage/bucket.ts';
import type { KubeObject } from '../types.ts';

/** Service addresses are taken from 10.96.0.0/16, node ports from 30000-32767. */
const FIRST_NODE_PORT = 30000;
const NODE_PORTS = 2768;
const ADDRESSES = 65000;

/** What the Services of a server hold now, kept up with the store so that a new one costs no scan. */
export class ServiceAllocator {
  readonly #addresses = new Map<string, number>();
  readonly #ports = new Map<number, number>();

  private constructor(bucket: Bucket) {
    for (const stored of bucket.values()) this.#count(stored.object, 1);
    bucket.listen(({ type, current, previous }) => {
      if (previous !== undefined) this.#count(previous.object, -1);
      if (type !== 'DELETED') this.#count(current.object, 1);
    });
  }

  static readonly #known = new WeakMap<Bucket, ServiceAllocator>();

  static of(bucket: Bucket): ServiceAllocator {
    let allocator = ServiceAllocator.#known.get(bucket);
    if (allocator === undefined) {
      allocator = new ServiceAllocator(bucket);
      ServiceAllocator.#known.set(bucket, allocator);
    }
    return allocator;
  }

  /** The name decides where the search begins: the same manifests get the same addresses in every sandbox. */
  address(service: KubeObject): string {
    const start = hash(`${service.metadata.namespace}/${service.metadata.name}`) % ADDRESSES;
    for (let i = 0; i < ADDRESSES; i++) {
      const number = 256 + ((start + i) % ADDRESSES);
      const address = `10.96.${(number >> 8) & 255}.${number & 255}`;
      if (!this.#addresses.has(address)) return address;
    }
    return '';
  }

  isTaken(address: string): boolean {
    return this.#addresses.has(address);
  }

  isPortTaken(port: number): boolean {
    return this.#ports.has(port);
  }

  /** Gives every port without one a node port. */
  nodePorts(service: KubeObject, ports: readonly unknown[]): void {
    const mine = new Set<number>();
    for (const entry of ports) {
      const given = asObject(entry)['nodePort'];
      if (typeof given === 'number') mine.add(given);
    }
    let next = hash(`${service.metadata.namespace}/${service.metadata.name}`) % NODE_PORTS;
    for (const entry of ports) {
      const port = asObject(entry);
      if (port['nodePort'] !== undefined) continue;
      for (let i = 0; i < NODE_PORTS; i++) {
        const number = FIRST_NODE_PORT + next;
        if (!this.#ports.has(number) && !mine.has(number)) break;
        next = (next + 1) % NODE_PORTS;
      }
      port['nodePort'] = FIRST_NODE_PORT + next;
      mine.add(FIRST_NODE_PORT + next);
    }
  }

  /** A port for health checks of a load balancer that only sends to nodes with pods. */
  healthCheckPort(service: KubeObject): number {
    const health = {};
    this.nodePorts(service, [...asArray(asObject(service['spec'])['ports']), health]);
    return Number(asObject(health)['nodePort']);
  }

  #count(service: KubeObject, by: 1 | -1): void {
    const spec = asObject(service['spec']);
    const check = spec['healthCheckNodePort'];
    if (typeof check === 'number') add(this.#ports, check, by);
    const address = asString(spec['clusterIP']);
    if (address !== '' && address !== 'None') add(this.#addresses, address, by);
    for (const entry of asArray(spec['ports'])) {
      const port = asObject(entry)['nodePort'];
      if (typeof port === 'number') add(this.#ports, port, by);
    }
  }
}

function add<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count <= 0) counts.delete(key);
  else counts.set(key, count);
}

function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619) >>> 0;
  return value;
}
