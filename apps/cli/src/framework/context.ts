import type { KubeClient } from '@fluvial/kube';
import type { GlobalFlags } from '../global-flags.ts';
import type { Logger } from './logger.ts';

/** The world outside, as one run of the program sees it. */
export type Ports = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Input;
  stdout(text: string): void;
  stderr(text: string): void;
  /** Whether stdout is a terminal (colours, redraw). */
  readonly isTerminal: boolean;
  /** Ends everything that waits. */
  readonly signal: AbortSignal;
};

/** Standard input. */
export type Input = {
  readonly isTerminal: boolean;
  /** Everything until the end. */
  text(): Promise<string>;
  /** Line by line; the last one may lack its newline. */
  lines(): AsyncIterable<string>;
};

/** What a command works with. */
export type Context = Ports & {
  readonly globals: GlobalFlags;
  /** The namespace that `-n`, the kubeconfig or the environment says. */
  readonly namespace: string;
  readonly log: Logger;
  /** `--timeout`, milliseconds. */
  readonly timeoutMs: number;
  /** Fires when the run is interrupted or `--timeout` is over (`context deadline exceeded`). */
  readonly deadline: AbortSignal;
  /** The client of the cluster that the flags name; made on first use. */
  kube(): Promise<KubeClient>;
};
