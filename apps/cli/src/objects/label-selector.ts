import { CliError } from '../framework/errors.ts';

type Token = { type: 'identifier' | 'end' | 'symbol' | 'operator'; text: string };

const symbols = ['!=', '==', '=', '!', '(', ')', ',', '>', '<'];
const words = new Set(['in', 'notin']);
const binary = 'in, notin, =, ==, !=, gt, lt';

function tokens(text: string): Token[] {
  const result: Token[] = [];
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    const symbol = symbols.find((each) => text.startsWith(each, at));
    if (symbol !== undefined) {
      result.push({ type: 'symbol', text: symbol });
      at += symbol.length;
      continue;
    }
    const word = /^[^\s=!(),<>]+/.exec(text.slice(at))![0];
    result.push({ type: words.has(word) ? 'operator' : 'identifier', text: word });
    at += word.length;
  }
  result.push({ type: 'end', text: '' });
  return result;
}

/**
 * Checks a label selector before it is sent, with the texts of the original's parser.
 *
 * Like the original, `get` takes no `!=`, `>` or `<`.
 */
export function checkLabelSelector(selector: string): void {
  const fail = (text: string): never => {
    throw new CliError(
      `unable to parse label selector: couldn't parse the selector string ${JSON.stringify(selector)}: ${text}`,
    );
  };
  const refuse = (text: string): never => {
    throw new CliError(`unable to parse label selector: ${text}`);
  };
  const list = tokens(selector);
  const operators: { operator: string; values: number }[] = [];
  let at = 0;
  const peek = () => list[at]!;
  const is = (text: string) => peek().type === 'symbol' && peek().text === text;
  const isName = () => peek().type === 'identifier' || peek().type === 'operator';

  while (peek().type !== 'end') {
    const negated = is('!');
    if (!negated && !isName()) fail(`found '${peek().text}', expected: !, identifier, or 'end of string'`);
    if (negated) at++;
    if (!isName()) fail(`unable to parse requirement: found '${peek().text}', expected: identifier`);
    at++;
    if (negated || peek().type === 'end' || is(',')) operators.push({ operator: negated ? '!' : 'exists', values: 0 });
    else {
      const operator = peek().text;
      if (
        !(peek().type === 'operator' || (peek().type === 'symbol' && /^[=!<>]+$/.test(operator) && operator !== '!'))
      ) {
        fail(`unable to parse requirement: found '${operator}', expected: ${binary}`);
      }
      at++;
      let values = 0;
      if (operator === 'in' || operator === 'notin') {
        if (!is('(')) fail(`unable to parse requirement: found '${peek().text}' expected: '('`);
        at++;
        while (!is(')')) {
          if (isName()) values++;
          else if (!is(','))
            fail(`unable to parse requirement: found '${peek().text}', expected: ',', ')' or identifier`);
          at++;
        }
        at++;
      } else if (isName()) {
        values = 1;
        at++;
      } else if (peek().type === 'end' || is(',')) {
        values = 1;
      } else fail(`unable to parse requirement: found '${peek().text}', expected: identifier`);
      operators.push({ operator, values });
    }
    if (peek().type === 'end') break;
    if (!is(',')) fail(`found '${peek().text}', expected: ',' or 'end of string'`);
    at++;
    if (!isName() && !is('!')) fail(`found '${peek().text}', expected: identifier after ','`);
  }
  for (const { operator } of operators) {
    if (operator === '!=') refuse('"!=" is not a valid label selector operator');
    if (operator === '>') refuse('"gt" isn\'t supported in label selectors');
    if (operator === '<') refuse('"lt" isn\'t supported in label selectors');
  }
}
