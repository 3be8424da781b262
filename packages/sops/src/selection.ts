import { RE2JS } from 're2js';
import { SopsError } from './error.ts';

/** Which values of a file are encrypted; at most one rule. */
export type SelectionRule =
  | { readonly by: 'unencrypted_suffix' | 'encrypted_suffix'; readonly suffix: string }
  | {
      readonly by: 'unencrypted_regex' | 'encrypted_regex' | 'unencrypted_comment_regex' | 'encrypted_comment_regex';
      readonly regex: string;
    };

/** The rule of files that name none. */
export const defaultRule: SelectionRule = { by: 'unencrypted_suffix', suffix: '_unencrypted' };

/** Comments that stand before a value: one list a level, the innermost last. */
export type CommentsAbove = readonly (readonly string[])[];

/** Tells whether the value (or the comment itself) at a path is encrypted. */
export type Selection = (path: readonly string[], comments: CommentsAbove, isComment: boolean) => boolean;

/**
 * Compiles a rule. Patterns run in linear time: they come with the file.
 *
 * @throws {SopsError} `METADATA` for a pattern that RE2 does not take
 */
export function compileSelection(rule: SelectionRule): Selection {
  switch (rule.by) {
    case 'unencrypted_suffix':
      return (path) => !path.some((part) => part.endsWith(rule.suffix));
    case 'encrypted_suffix':
      return (path) => path.some((part) => part.endsWith(rule.suffix));
    case 'unencrypted_regex': {
      const matches = compile(rule.regex);
      return (path) => !path.some(matches);
    }
    case 'encrypted_regex': {
      const matches = compile(rule.regex);
      return (path) => path.some(matches);
    }
    case 'unencrypted_comment_regex': {
      const matches = compile(rule.regex);
      return (_path, comments) => !comments.some((level) => level.some(matches));
    }
    case 'encrypted_comment_regex': {
      const matches = compile(rule.regex);
      // The comment that asks for encryption stays readable itself.
      return (_path, comments, isComment) =>
        comments.some((level, depth) => {
          const own = isComment && depth === comments.length - 1 ? level.length - 1 : -1;
          return level.some((text, index) => index !== own && matches(text));
        });
    }
  }
}

const maxRemembered = 10_000;

function compile(pattern: string): (text: string) => boolean {
  let regex: RE2JS;
  try {
    regex = RE2JS.compile(pattern);
  } catch {
    throw new SopsError('METADATA', 'the regular expression of the metadata is not valid');
  }
  // Paths repeat their parts.
  const known = new Map<string, boolean>();
  return (text) => {
    let answer = known.get(text);
    if (answer === undefined) {
      answer = regex.matcher(text).find();
      if (known.size < maxRemembered) known.set(text, answer);
    }
    return answer;
  };
}
