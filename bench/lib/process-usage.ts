import { readFileSync } from 'node:fs';

/** What a process has used so far, as the operating system counts it. */
export interface ProcessUsage {
  /** User and system time, seconds. */
  readonly cpuSeconds: number;
  /** Largest resident set since the start, MiB. */
  readonly peakRssMiB: number;
}

// What /proc counts in; the kernel's user-visible tick has been 100 Hz on every Linux platform that Node runs on.
const TICKS_PER_SECOND = 100;

/** Reads `/proc/PID`: Linux only. */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { cpuSeconds: ticks / TICKS_PER_SECOND, peakRssMiB: Number(peak ?? 0) / 1024 };
}
