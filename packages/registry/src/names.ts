// Grammar of distribution-spec 1.1. What passes here is used as a file name: no element can be empty, begin with
// a dot or an underscore, or hold a separator.

const nameElement = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Whether a text is a repository name, such as `org/app`. */
export function isName(text: string): boolean {
  return text.length <= 255 && text.split('/').every((element) => nameElement.test(element));
}

/** Whether a text is a tag. */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/** Whether a text is a sha256 or sha512 digest. */
export function isDigest(text: string): boolean {
  return digestPattern.test(text);
}
