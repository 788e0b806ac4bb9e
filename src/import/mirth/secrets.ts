/**
 * Takes secrets out of an export before anything else reads it: passwords of connectors, connection strings, tokens and keys
 * that stand in scripts, templates and SQL. What comes behind knows only that something was there.
 */
import type { XmlElement } from '../xml/element.ts';
import { isSecret } from './names.ts';

/** What stands in the place of a secret. It can stand in an address, too. */
export const LEFT_OUT = 'LEFT-OUT-BY-IMPORT';

/** Elements of connectors and plugins whose text is a secret, whatever it says. */
const SECRET_ELEMENTS =
  /^(?:password|passphrase|passPhrase|pwd|secret|clientSecret|secretKey|accessKey|apiKey|token|bearerToken|privateKey|keyPassword|keystorePassword|trustStorePassword)$/i;
// Every run has an end: a text that is made to be slow is not.
const NAME = String.raw`[\w.$-]{0,60}(?:passw(?:or)?d|passphrase|pwd|secret|api[_-]?key|access[_-]?key|token|credentials?)[\w$-]{0,60}`;
/** What may hold a secret at all: most texts do not, and are not looked through. */
const MAYBE =
  /passw|passphrase|pwd|secret|api[_-]?key|access[_-]?key|token|credential|jdbc:|DatabaseConnection|basic |bearer |PRIVATE KEY|:\/\/[^\s/'"@]*@|identified by/i;

type Rule = readonly [pattern: RegExp, replacement: string | ((...found: string[]) => string)];

const RULES: readonly Rule[] = [
  [
    /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{0,4000}?-----END [A-Z ]*PRIVATE KEY-----/g,
    // Lines stay where they are, for the places that the list of work names.
    (whole) => LEFT_OUT + '\n'.repeat(whole.split('\n').length - 1),
  ],
  [/(['"])jdbc:[^'"\r\n]*\1/gi, `$1${LEFT_OUT}$1`],
  [/\bjdbc:[^\s'"<>]+/gi, LEFT_OUT],
  [
    /(createDatabaseConnection\s{0,9}\()([^()]{0,2000})\)/g,
    (_, call, given) =>
      `${call}${given.replace(/(,\s*)(['"])[^'"\r\n]*\2/g, (__: string, comma: string, quote: string) => `${comma}${quote}${LEFT_OUT}${quote}`)})`,
  ],
  [/(['"])(basic|bearer)\s{1,9}[A-Za-z0-9+/=._~-]{6,}\1/gi, `$1$2 ${LEFT_OUT}$1`],
  [/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/'"@]{1,200}@/gi, `$1${LEFT_OUT}@`],
  // password = 'x', "password": "x", headers['X-Api-Key'] = 'x'; then put('password', 'x')
  [
    new RegExp(String.raw`(\b${NAME}\b['"]?\s{0,9}\]?\s{0,9}[:=]\s{0,99})(['"])(?!\2)[^'"\r\n$]{3,}\2`, 'gi'),
    `$1$2${LEFT_OUT}$2`,
  ],
  [
    new RegExp(String.raw`(\(\s{0,99}(['"])${NAME}\2\s{0,9},\s{0,99})(['"])(?!\3)[^'"\r\n$]{3,}\3`, 'gi'),
    `$1$3${LEFT_OUT}$3`,
  ],
  [/(\bidentified\s{1,9}by\s{1,9})(?:'[^'\r\n]*'|"[^"\r\n]*"|[^\s'";]+)/gi, `$1${LEFT_OUT}`],
  // Within a connection string or a query: ;Password=x; ?token=x
  [new RegExp(String.raw`([;?&'"]\s{0,9}${NAME}=)(?![\s:$?@'"=])[^;&'"\s]+`, 'gi'), `$1${LEFT_OUT}`],
];

/** A text without the secrets that it names as such. What nothing gives away cannot be known. */
export function withoutSecrets(text: string): string {
  if (!MAYBE.test(text)) return text;
  return RULES.reduce((left, [pattern, replacement]) => left.replace(pattern, replacement as string), text);
}

/** The export without its secrets; elements that hold none are the same ones. */
export function cleaned(element: XmlElement): XmlElement {
  if (SECRET_ELEMENTS.test(element.name) && element.children.length === 0)
    return element.text === '' ? element : { ...element, text: LEFT_OUT };
  // A key and its value, as maps hold them: of the configuration, of headers.
  const [key, value] = element.children;
  if (element.name === 'entry' && key !== undefined && value !== undefined && isSecret(key.text)) {
    const plain = blanked(value);
    return plain === value ? element : { ...element, children: [key, plain] };
  }
  const text = withoutSecrets(element.text);
  let changed = text !== element.text;
  const children = element.children.map((each) => {
    const plain = cleaned(each);
    if (plain !== each) changed = true;
    return plain;
  });
  return changed ? { ...element, text, children } : element;
}

/** All its texts taken out; remarks and elements stay. */
function blanked(element: XmlElement): XmlElement {
  if (element.children.length === 0)
    return element.text.trim() === '' || element.name === 'comment'
      ? element
      : { ...element, text: LEFT_OUT };
  return { ...element, children: element.children.map(blanked) };
}

/** Lines of a text, from 1, from which a secret was taken. */
export const linesLeftOut = (text: string): readonly number[] =>
  text.includes(LEFT_OUT)
    ? text.split('\n').flatMap((line, index) => (line.includes(LEFT_OUT) ? [index + 1] : []))
    : [];
