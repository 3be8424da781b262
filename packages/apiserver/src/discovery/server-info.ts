import { notAllowedHere, PathNotFound } from '../errors.ts';
import { type Exchange, send } from '../http/exchange.ts';
import { checkAcceptable } from '../http/negotiate.ts';
import type { ResourceRegistry } from '../rest/resource-registry.ts';
import { VERSION } from './discovery.ts';

const TEXT = 'text/plain; charset=utf-8';

/** Checks by probe. Here a server that answers is well: it has no parts that could fail by themselves. */
const CHECKS: { readonly [probe: string]: readonly string[] } = {
  healthz: ['ping', 'log', 'etcd'],
  livez: ['ping', 'log', 'etcd'],
  readyz: ['ping', 'log', 'etcd', 'informer-sync', 'shutdown'],
};

/**
 * Answers `/healthz`, `/livez` and `/readyz`, as a whole or a single check.
 *
 * @throws {PathNotFound} for a check that there is not.
 */
export function sendHealth(exchange: Exchange): void {
  const [probe = '', ...rest] = exchange.segments;
  if (exchange.path.endsWith('/')) throw new PathNotFound();
  const checks = CHECKS[probe] ?? [];
  if (rest.length > 0) {
    if (!checks.includes(rest.join('/'))) throw new PathNotFound();
    send(exchange, 200, 'ok', TEXT);
    return;
  }
  if (!exchange.query.has('verbose')) {
    send(exchange, 200, 'ok', TEXT);
    return;
  }
  const excluded = exchange.query.getAll('exclude');
  const lines = checks.map((check) => `[+]${check} ${excluded.includes(check) ? 'excluded: ok' : 'ok'}\n`);
  send(exchange, 200, `${lines.join('')}${probe} check passed\n`, TEXT);
}

/** Answers `/version`, which comes in JSON alone. */
export function sendVersion(exchange: Exchange): void {
  checkAcceptable(exchange.request.headers.accept, false, 'application/json');
  if (exchange.method !== 'GET') throw notAllowedHere();
  send(exchange, 200, JSON.stringify(VERSION, undefined, 2), 'application/json');
}

/** Answers `/` with what there is below it. */
export function sendRootPaths(exchange: Exchange, registry: ResourceRegistry): void {
  const paths = ['/api', '/apis', '/apis/', '/metrics', '/openapi/v2', '/openapi/v3', '/version'];
  for (const { group, versions } of registry.groups()) {
    if (group !== '') paths.push(`/apis/${group}`);
    for (const version of versions) paths.push(group === '' ? `/api/${version}` : `/apis/${group}/${version}`);
  }
  for (const [probe, checks] of Object.entries(CHECKS))
    paths.push(`/${probe}`, ...checks.map((check) => `/${probe}/${check}`));
  send(exchange, 200, JSON.stringify({ paths: paths.sort() }, undefined, 2), 'application/json');
}

/** Answers `/metrics` in Prometheus' text form. `counts`: requests by verb and resource. */
export function sendMetrics(exchange: Exchange, counts: ReadonlyMap<string, number>): void {
  const lines = [
    '# HELP apiserver_request_total Requests by verb and resource.',
    '# TYPE apiserver_request_total counter',
  ];
  for (const [key, count] of counts) {
    const [verb = '', resource = ''] = key.split(' ', 2);
    lines.push(`apiserver_request_total{verb=${JSON.stringify(verb)},resource=${JSON.stringify(resource)}} ${count}`);
  }
  send(exchange, 200, `${lines.join('\n')}\n`, 'text/plain; version=0.0.4; charset=utf-8');
}
