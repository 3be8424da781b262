import { readFileSync } from 'node:fs';

/** What a process has used so far, as the operating system counts it. */
export interface ProcessUsage {
  /** User and system time, seconds. */
  readonly cpuSeconds: number;
  /** Largest resident set since the start, MiB. */
  readonly peakRssMiB: number;
  /** What of it now are pages of files: the text of Node and of its libraries, which all its processes share. MiB. */
  readonly fileRssMiB: number;
}

// What /proc counts in; the kernel's user-visible tick has been 100 Hz on every Linux platform that Node runs on.
const TICKS_PER_SECOND = 100;

/** Reads `/proc/PID`: Linux only. */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    cpuSeconds: ticks / TICKS_PER_SECOND,
    peakRssMiB: mebibytes(/^VmHWM:\s+(\d+) kB$/m.exec(status)),
    fileRssMiB: mebibytes(/^RssFile:\s+(\d+) kB$/m.exec(status)),
  };
}

const mebibytes = (kibibytes: RegExpExecArray | null): number => Number(kibibytes?.[1] ?? 0) / 1024;
