import { stringifyYaml } from '@fluvial/yaml';
import type { Accumulator } from './accumulator.ts';
import { copyObject } from './documents.ts';
import { applyJson6902Entry, applyPatch, applyStrategicMergeEntries } from './patch/patches.ts';
import { inField, relativeTo } from './places.ts';
import { configuredTransformers, type Step } from './plugins.ts';
import { applyReplacements } from './replacements.ts';
import { mapMember, settleScalars, textOf } from './scalar.ts';
import { type BuildState, schemaLookup, type Target } from './target.ts';
import { setImage } from './transform/images.ts';
import { addAffix, labelSpecs, setEntries, setNamespace, setReplicas } from './transform/metadata.ts';
import { type KObject, KustomizeError } from './types.ts';

/** Runs the transformers of a kustomization's fields, then the configured ones, then its validators. @throws {KustomizeError} */
export function runTransformers(target: Target, accumulator: Accumulator, state: BuildState): void {
  for (const step of builtinSteps(target, accumulator, state)) {
    state.context.checkAborted();
    runStep(step, accumulator, state);
  }
  inField(target, 'transformers', undefined, () => {
    for (const step of configuredTransformers(target, state, 'transformers')) runStep(step, accumulator, state);
  });
  inField(target, 'validators', undefined, () => runValidators(target, accumulator, state));
}

function runStep(step: Step, accumulator: Accumulator, state: BuildState): void {
  step.run(accumulator);
  accumulator.dropEmpty();
  const { buildMetadata } = state;
  if (!buildMetadata.has('transformerAnnotations') && !buildMetadata.has('originAnnotations')) return;
  for (const resource of accumulator.resources) {
    // Without a known origin the transformer is taken for it.
    if (resource.notedOrigin === undefined) resource.notedOrigin = step.origin;
    else resource.transformations.push(step.origin);
  }
}

function runValidators(target: Target, accumulator: Accumulator, state: BuildState): void {
  for (const step of configuredTransformers(target, state, 'validators')) {
    const text = (): string =>
      accumulator.resources.map(({ object }) => stringifyYaml(settleScalars(copyObject(object)))).join('---\n');
    const before = text();
    step.run(accumulator);
    accumulator.dropEmpty();
    const after = accumulator.resources.map(({ object }) => stringifyYaml(withoutMark(object))).join('---\n');
    if (after !== before) throw new KustomizeError('TRANSFORM_FAILED', "validator shouldn't modify the resource map");
  }
}

/** A copy without the label that validators may set. Labels are texts then, and gone if that was the only one. */
function withoutMark(object: KObject): unknown {
  const copy = copyObject(object);
  const labels = mapMember(copy.metadata, 'labels');
  if (labels !== undefined && Object.hasOwn(labels, 'validated-by')) {
    delete labels['validated-by'];
    for (const key of Object.keys(labels)) labels[key] = textOf(labels[key]);
    if (Object.keys(labels).length === 0) delete (copy.metadata as KObject).labels;
  }
  return settleScalars(copy);
}

/** The transformers of a kustomization's own fields, in the order in which kustomize runs them. */
function builtinSteps(target: Target, accumulator: Accumulator, state: BuildState): Step[] {
  const { kustomization, loader } = target;
  const { config } = accumulator;
  const schemaOf = schemaLookup(state);
  const steps: Step[] = [];
  const configuredIn = relativeTo(loader.fs.root, target.file);
  const add = (generator: string, field: string, run: (accumulator: Accumulator) => void, index?: number): void => {
    steps.push({
      origin: { file: '', index: 0, line: 0, configuredIn, generator },
      run: (all) => inField(target, field, index, () => run(all)),
    });
  };
  const { namespace, namePrefix, nameSuffix, commonLabels, commonAnnotations } = kustomization;
  const strategic = kustomization.patchesStrategicMerge ?? [];
  if (strategic.length > 0) {
    add('PatchStrategicMergeTransformer', 'patchesStrategicMerge', (all) =>
      applyStrategicMergeEntries(all, strategic, loader, schemaOf),
    );
  }
  for (const [i, entry] of (kustomization.patches ?? []).entries()) {
    add('PatchTransformer', 'patches', (all) => applyPatch(all, entry, loader, schemaOf), i);
  }
  if (namespace) add('NamespaceTransformer', 'namespace', (all) => setNamespace(all, namespace, config.namespace));
  if (namePrefix) {
    add('PrefixTransformer', 'namePrefix', (all) => {
      addAffix(all.resources, namePrefix, 'prefix', config.namePrefix);
      all.touch();
    });
  }
  if (nameSuffix) {
    add('SuffixTransformer', 'nameSuffix', (all) => {
      addAffix(all.resources, nameSuffix, 'suffix', config.nameSuffix);
      all.touch();
    });
  }
  for (const [i, entry] of (kustomization.labels ?? []).entries()) {
    const specs = labelSpecs(entry, config);
    add('LabelTransformer', 'labels', (all) => setEntries(all.resources, entry.pairs ?? {}, specs), i);
  }
  if (commonLabels !== undefined || (kustomization.labels ?? []).length > 0) {
    add('LabelTransformer', 'commonLabels', (all) =>
      setEntries(all.resources, commonLabels ?? {}, config.commonLabels),
    );
  }
  if (commonAnnotations !== undefined) {
    add('AnnotationsTransformer', 'commonAnnotations', (all) =>
      setEntries(all.resources, commonAnnotations, config.commonAnnotations),
    );
  }
  for (const [i, entry] of (kustomization.patchesJson6902 ?? []).entries()) {
    add('PatchJson6902Transformer', 'patchesJson6902', (all) => applyJson6902Entry(all, entry, loader), i);
  }
  for (const [i, replica] of (kustomization.replicas ?? []).entries()) {
    add('ReplicaCountTransformer', 'replicas', (all) => setReplicas(all.resources, replica, config.replicas), i);
  }
  for (const [i, image] of (kustomization.images ?? []).entries()) {
    add('ImageTagTransformer', 'images', (all) => setImage(all.resources, image, config.images), i);
  }
  if ((kustomization.replacements ?? []).length > 0) {
    add('ReplacementTransformer', 'replacements', (all) => {
      applyReplacements(all.resources, kustomization.replacements ?? [], loader);
      all.touch();
    });
  }
  return steps;
}
