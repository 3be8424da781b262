import { array, boolean, type Fields, map, object, oneOf, required, type Schema, string } from '../schema-builder.ts';

/** A Secret, ServiceAccount or source in the object's own namespace, by name. */
export function localRef(description: string): Schema<{ name: string }> {
  return object(description, { name: required(string('Name of the referent.')) });
}

const apiVersion = string('API version of the referent.');

/** Fields of a reference to a source of one of the given kinds, in another namespace if it says so. */
export function sourceRefFields<const K extends readonly string[]>(kinds: K) {
  return {
    apiVersion,
    kind: required(oneOf('Kind of the source.', kinds)),
    name: required(string('Name of the source.')),
    namespace: string('Namespace of the source; the object’s own when empty.'),
  };
}

/** A dependency on another object of the same kind. */
export const dependencyFields = {
  name: required(string('Name of the object to wait for.')),
  namespace: string('Its namespace; the object’s own when empty.'),
};

/** The newest form of a dependency, with its own idea of readiness. */
export const dependencyWithExprFields = {
  ...dependencyFields,
  readyExpr: string('CEL expression over `dep` and `self` that decides when the dependency counts as ready.'),
};

/** A list of objects that must be ready first. */
export function dependsOn<F extends Fields>(fields: F) {
  return array('Objects that must be ready before this one starts.', object('One dependency.', fields));
}

/** Who may refer to an object from other namespaces. */
export const accessFrom = object('Namespaces that may refer to this object. Not enforced for sources.', {
  namespaceSelectors: required(
    array(
      'A namespace is let in when any of these matches it; an empty selector matches all.',
      object('Labels of a namespace.', {
        matchLabels: map('Labels that must all be present with these values.', string('Value of the label.')),
      }),
    ),
  ),
});

/** Identities that a keyless signature may carry. */
export const matchOidcIdentity = array(
  'Identities that keyless signatures may come from; one match suffices.',
  object('Issuer and subject, both regular expressions.', {
    issuer: required(string('Pattern that the issuer of the certificate must match.')),
    subject: required(string('Pattern that the subject of the certificate must match.')),
  }),
);

/** Labels and annotations for produced objects. */
export function commonMetadata(description: string) {
  return object(description, {
    annotations: map('Annotations to set.', string('Value of the annotation.')),
    labels: map('Labels to set.', string('Value of the label.')),
  });
}

/** A key of a Secret with a kubeconfig in it. */
export const kubeConfigSecretRef = object('Secret with a kubeconfig.', {
  key: string('Key in the Secret; `value`, then `value.yaml` when empty.'),
  name: required(string('Name of the Secret.')),
});

const kubeConfigMessage = 'exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified';

/** How to reach another cluster. */
export const kubeConfig = object(
  'Connects to another cluster instead of the one the controller runs in.',
  {
    configMapRef: localRef('ConfigMap with provider, cluster and address for a login by workload identity.'),
    secretRef: kubeConfigSecretRef,
  },
  {
    rules: [
      { rule: 'has(self.configMapRef) || has(self.secretRef)', message: kubeConfigMessage },
      { rule: '!has(self.configMapRef) || !has(self.secretRef)', message: kubeConfigMessage },
    ],
  },
);

/** Fields that pick objects by regular expressions and selectors. */
export const selectorFields = {
  annotationSelector: string('Selector over annotations.'),
  group: string('Pattern for the API group.'),
  kind: string('Pattern for the kind.'),
  labelSelector: string('Selector over labels.'),
  name: string('Pattern for the name.'),
  namespace: string('Pattern for the namespace.'),
  version: string('Pattern for the API version.'),
};

/** Patterns and selectors that pick objects of a build. */
export const selector = object('Objects that are meant; empty fields match all.', selectorFields);

/** One patch of a kustomization with its target. */
export const patch = object('One patch.', {
  patch: required(string('A strategic merge patch or a list of JSON 6902 operations, as YAML text.')),
  target: selector,
});

/** One image replacement. */
export const image = object('One replacement.', {
  digest: string('New digest; wins over a tag.'),
  name: required(string('Image name to look for, without tag.')),
  newName: string('Name to put in its place.'),
  newTag: string('Tag to put in its place.'),
});

/** An object in a namespace by kind and name. */
export const objectReference = object('One object.', {
  apiVersion: string('API version of the object; apps/v1 when empty.'),
  kind: required(string('Kind of the object.')),
  name: required(string('Name of the object.')),
  namespace: string('Namespace of the object.'),
});

/** Whether missing is fine. */
export function optionalFlag(description: string) {
  return boolean(description, { default: false });
}

/** Health of custom kinds. */
export const healthCheckExprs = array(
  'Health of custom kinds as CEL expressions.',
  object('Expressions for one kind.', {
    apiVersion: required(string('API version of the kind.')),
    current: required(string('True when the object is as desired.')),
    failed: string('True when the object has failed.'),
    inProgress: string('True while the object is being reconciled.'),
    kind: string('Kind that the expressions are for.'),
  }),
);

/** Fields whose drift is left alone. */
export const ignoreRules = array(
  'Fields whose drift is left alone.',
  object('One rule.', {
    paths: required(array('JSON pointers to the fields.', string('A JSON pointer.'))),
    target: selector,
  }),
);
