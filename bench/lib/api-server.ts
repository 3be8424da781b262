/** The embedded API server in a process of its own, for a benchmark: says how to reach it, collects garbage when told. */
import { startApiServer } from '@fluvial/apiserver';

const { FLUVIAL_BENCH_DIR: dir } = process.env;
// No simulated workloads: the real server is measured without its controller manager, too.
const server = await startApiServer({ simulator: false, ...(dir === undefined ? {} : { dir }) });
process.send?.({ url: server.url, token: server.token });
process.on('message', () => {
  globalThis.gc?.();
  process.send?.({ heapBytes: process.memoryUsage().heapUsed });
});
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)));
