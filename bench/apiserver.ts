/**
 * The embedded API server beside the real kube-apiserver and etcd, in one run on one machine.
 *
 * `npm run bench -- apiserver [--objects 20000] [--watches 200] [--applies 8000] [--only embedded|real] [--json]`
 *
 * Each server runs in processes of its own, both over TLS, neither with controllers of workloads. The load comes from
 * this process over eight connections; the share of its time that it was busy is printed, since a generator at 100 %
 * would measure itself. Without the binaries of a control plane (`node e2e/control-plane/build.mjs`) the rival is left
 * out. Needs Linux: memory is read from `/proc`.
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { type Figure, measureApiServer } from './lib/measure-api-server.ts';
import { type MeasuredServer, startEmbedded, startReal } from './lib/start-api-servers.ts';

const { values } = parseArgs({
  options: {
    objects: { type: 'string', default: '20000' },
    watches: { type: 'string', default: '200' },
    applies: { type: 'string', default: '8000' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    // What the embedded server's process gets, `--cpu-prof` for example.
    node: { type: 'string', multiple: true, default: [] },
  },
});
const load = { objects: Number(values.objects), watches: Number(values.watches), applies: Number(values.applies) };

const started = performance.now();
const results: { name: string; figures: readonly Figure[] }[] = [];
if (values.only !== 'real') await measure(() => startEmbedded(undefined, values.node));
if (values.only !== 'embedded') await measure(startReal);
report(results);

async function measure(start: () => Promise<MeasuredServer | undefined>): Promise<void> {
  const server = await start();
  if (server === undefined) {
    console.error('No kube-apiserver to compare with: set KUBEBUILDER_ASSETS, or run node e2e/control-plane/build.mjs');
    return;
  }
  try {
    results.push({ name: server.name, figures: await measureApiServer(server, load) });
  } finally {
    await server.stop();
  }
}

function report(measured: typeof results): void {
  if (values.json) {
    console.log(JSON.stringify(measured));
    return;
  }
  const [ours, rival] = measured;
  console.log(
    `apiserver: ${load.objects} ConfigMaps, ${load.watches} watches, ${load.applies} applies of each sort, 8 connections; ${((performance.now() - started) / 1000).toFixed(0)} s in all`,
  );
  const cells = (name: string, left: string, right: string, ratio: string) =>
    `${name.padEnd(44)}${left.padStart(18)}${right.padStart(24)}${ratio.padStart(10)}`;
  console.log(cells('', ours?.name ?? '', rival?.name ?? '', rival === undefined ? '' : 'times'));
  ours?.figures.forEach((figure, index) => {
    const other = rival?.figures[index];
    const ratio = other === undefined || figure.better === undefined ? undefined : ratioOf(figure, other);
    console.log(
      cells(
        `${figure.name}, ${figure.unit}`,
        printed(figure),
        other === undefined ? '' : printed(other),
        ratio === undefined ? '' : ratio.toFixed(1),
      ),
    );
  });
  console.log('In brackets: how busy the load generator was. times: how much better the embedded server is.');
}

function ratioOf(ours: Figure, theirs: Figure): number {
  return ours.better === 'more' ? ours.value / theirs.value : theirs.value / ours.value;
}

function printed({ value, clientBusy }: Figure): string {
  const text = value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
  return Number.isNaN(value) ? '-' : clientBusy === undefined ? text : `${text} (${Math.round(clientBusy * 100)} %)`;
}
