/**
 * Makes a real control plane for the tests where Go is at hand, and prints the folder of its binaries.
 *
 * kube-apiserver, kube-controller-manager and etcd are compiled from pinned modules into the user's cache folder, once
 * per machine (some minutes). `KUBEBUILDER_ASSETS`, the ecosystem's convention, wins: a folder that has them already, as
 * setup-envtest makes it. Exit status 1, with what to do, when there is neither.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

const kubernetes = 'v1.36.3';
const staging = kubernetes.replace(/^v1/, 'v0');
const etcd = 'v3.6.16';
const wanted = ['kube-apiserver', 'etcd', 'kube-controller-manager'];

const given = process.env.KUBEBUILDER_ASSETS;
if (given) {
  const missing = ['kube-apiserver', 'etcd'].filter((name) => !existsSync(path.join(given, name)));
  if (missing.length > 0) fail(`KUBEBUILDER_ASSETS=${given} has no ${missing.join(' and no ')}`);
  console.log(given);
} else console.log(build());

function build() {
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'fluvial');
  const folder = path.join(cache, `control-plane-${kubernetes}`);
  if (wanted.every((name) => existsSync(path.join(folder, name)))) return folder;
  if (go(['version'], cache).status !== 0) {
    fail(
      'There is no Go on the PATH to build a control plane with. Install Go, or fetch ready-made binaries with ' +
        '`setup-envtest use` and set KUBEBUILDER_ASSETS to the folder that it prints.',
    );
  }
  const draft = `${folder}.${process.pid}.draft`;
  mkdirSync(draft, { recursive: true });
  try {
    const version = `-s -w -X k8s.io/component-base/version.gitVersion=${kubernetes}`;
    const source = module(path.join(draft, 'kubernetes'), [`k8s.io/kubernetes@${kubernetes}`], replaceStaging);
    compile(source, 'k8s.io/kubernetes/cmd/kube-apiserver', path.join(draft, 'kube-apiserver'), version);
    compile(
      source,
      'k8s.io/kubernetes/cmd/kube-controller-manager',
      path.join(draft, 'kube-controller-manager'),
      version,
    );
    const server = module(path.join(draft, 'etcd-module'), [`go.etcd.io/etcd/server/v3@${etcd}`]);
    compile(server, 'go.etcd.io/etcd/server/v3', path.join(draft, 'etcd'), '-s -w');
    for (const scratch of [source, server]) rmSync(scratch, { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
    return folder;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** A Go module that requires the given ones. */
function module(folder, requirements, adjust = () => {}) {
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'go.mod'), 'module fluvial.dev/control-plane\n\ngo 1.26\n');
  must(go(['mod', 'edit', ...requirements.map((requirement) => `-require=${requirement}`)], folder), 'go mod edit');
  adjust(folder);
  return folder;
}

/** Kubernetes keeps its libraries in its own tree; as modules they have a version of their own. */
function replaceStaging(folder) {
  const answer = must(go(['mod', 'download', '-json', `k8s.io/kubernetes@${kubernetes}`], folder), 'go mod download');
  const { GoMod } = JSON.parse(answer.stdout);
  const names = [...readFileSync(GoMod, 'utf8').matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\//gm)].map(
    ([, name]) => name,
  );
  must(go(['mod', 'edit', ...names.map((name) => `-replace=${name}=${name}@${staging}`)], folder), 'go mod edit');
}

function compile(folder, main, output, ldflags) {
  process.stderr.write(`► compiling ${main} …\n`);
  must(go(['build', '-mod=mod', '-trimpath', '-ldflags', ldflags, '-o', output, main], folder), `go build ${main}`);
}

function go(args, cwd) {
  mkdirSync(cwd, { recursive: true });
  return spawnSync('go', args, { cwd, encoding: 'utf8', env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' } });
}

function must(result, what) {
  if (result.status !== 0)
    fail(`${what} failed: ${result.error?.message ?? result.stderr.trim().split('\n').slice(-5).join('\n')}`);
  return result;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
