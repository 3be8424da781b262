import { runFlux } from './flux.ts';
import { processPorts } from './process-ports.ts';

const { ports, flush } = processPorts();
const exitCode = await runFlux(process.argv.slice(2), ports);
await flush();
process.exit(exitCode);
