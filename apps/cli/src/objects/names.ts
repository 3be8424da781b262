import type { ArgsCompletion } from '../framework/command.ts';
import type { Context } from '../framework/context.ts';
import type { ToolkitKind } from '../kinds.ts';

const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const charactersText =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

/** What is wrong with a qualified name (`example.com/my-name`), in Kubernetes' words; empty when nothing is. */
export function qualifiedNameProblems(text: string): string[] {
  const parts = text.split('/');
  const problems: string[] = [];
  const example = `(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`;
  if (parts.length > 2) {
    return [
      `a qualified name ${charactersText} ${example} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  if (parts.length === 2) {
    const prefix = parts[0]!;
    if (prefix === '') problems.push('prefix part must be non-empty');
    else if (prefix.length > 253) problems.push('prefix part must be no more than 253 characters');
    else if (!dnsSubdomain.test(prefix)) {
      problems.push(
        "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      );
    }
  }
  const name = parts[parts.length - 1]!;
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push('name part must be no more than 63 characters');
  if (!qualifiedName.test(name)) problems.push(`name part ${charactersText} ${example}`);
  return problems;
}

/** What is wrong with a label's value. */
export function labelValueProblems(text: string): string[] {
  const problems: string[] = [];
  if (text.length > 63) problems.push('must be no more than 63 characters');
  if (!labelValue.test(text)) {
    problems.push(
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`,
    );
  }
  return problems;
}

/** Completion of an argument with the names of a kind's objects. */
export function completeNames(kind: ToolkitKind): ArgsCompletion {
  return async (context: Context) => {
    const kube = await context.kube();
    const list = await kube.list(kind, { namespace: context.namespace, metadataOnly: true, signal: context.deadline });
    return list.items.map((each) => each.metadata.name);
  };
}
