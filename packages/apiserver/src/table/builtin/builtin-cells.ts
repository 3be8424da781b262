import { clusterCells } from './cluster.ts';
import { deviceCells } from './devices.ts';
import { networkingCells } from './networking.ts';
import { podCells } from './pods.ts';
import { scalingCells } from './scaling.ts';
import { storageCells } from './storage.ts';
import type { Cells } from './texts.ts';
import { workloadCells } from './workloads.ts';

/** Cells besides Name and Age by `group/plural`, columns as in kube-apiserver 1.36. */
export const builtinCells: ReadonlyMap<string, Cells> = new Map([
  ...clusterCells,
  ...deviceCells,
  ...networkingCells,
  ...podCells,
  ...scalingCells,
  ...storageCells,
  ...workloadCells,
]);
