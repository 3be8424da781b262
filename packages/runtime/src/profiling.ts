import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

const defaultSeconds = 30;
const maxSeconds = 300;

/** What can be profiled: the commands of V8's inspector around the time that is watched. */
const profiles = {
  profile: { what: 'where the time goes; opens as .cpuprofile', start: 'Profiler.start', stop: 'Profiler.stop' },
  heap: {
    what: 'where memory is allocated that stays; opens as .heapprofile',
    start: 'HeapProfiler.startSampling',
    stop: 'HeapProfiler.stopSampling',
  },
} as const;

/**
 * Serves `/debug/pprof/`: profiles of the running process, in V8's formats, which Chrome's and VS Code's tools open.
 *
 * `?seconds=N` says how long to watch (default 30, at most 300). Profiles name functions and sizes, never values. One is
 * made at a time; another gets 409.
 */
export function serveProfiles(server: FastifyInstance): void {
  let isBusy = false;
  const stop = new AbortController();
  server.addHook('preClose', async () => stop.abort());

  server.get('/debug/pprof/', (_request, reply) => {
    const lines = Object.entries(profiles).map(([name, { what }]) => `/debug/pprof/${name}?seconds=N  ${what}`);
    return reply.type('text/plain; charset=utf-8').send(`${lines.join('\n')}\n`);
  });
  for (const [name, { start, stop: end }] of Object.entries(profiles)) {
    server.get(`/debug/pprof/${name}`, async (request, reply) => {
      const { seconds = String(defaultSeconds) } = request.query as { seconds?: string };
      const count = Number(seconds);
      if (!Number.isFinite(count) || count <= 0 || count > maxSeconds)
        return reply.code(400).send(`seconds must be more than 0 and at most ${maxSeconds}\n`);
      if (isBusy) return reply.code(409).send('a profile is being made already\n');
      isBusy = true;
      // Loaded by those who ask only.
      const { Session } = await import('node:inspector/promises');
      const session = new Session();
      try {
        session.connect();
        await session.post('Profiler.enable');
        await session.post(start);
        // A client that went away, or a process that ends, gets what there is.
        await sleep(count * 1000, undefined, { signal: stop.signal, ref: false }).catch(() => {});
        const { profile } = (await session.post(end)) as unknown as { profile: unknown };
        return await reply.type('application/json').send(JSON.stringify(profile));
      } finally {
        session.disconnect();
        isBusy = false;
      }
    });
  }
}
