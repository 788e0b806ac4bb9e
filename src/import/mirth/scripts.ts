/** One script of a flow: stages of filters and transformers that no map can say, as one file for the sandbox. */
import { type Parsed, type ParseFault, parseScript } from '../script/parse.ts';
import { type Uses, usesOf } from '../script/refusals.ts';
import { rewrite } from '../script/rewrite.ts';
import type { CodeTemplate, Script } from './export.ts';
import { isSecret } from './names.ts';
import { remark } from './script-text.ts';
import { LEFT_OUT, linesLeftOut } from './secrets.ts';
import type { Place } from './work.ts';

export interface ScriptContext {
  /** Code templates that the channel sees. */
  readonly templates: readonly CodeTemplate[];
  readonly configuration: ReadonlyMap<string, { readonly value: string }>;
}

/** Scripts and code templates are looked at again for every flow that they are a part of. */
const KEPT = 5_000;
const parsed = new Map<string, Parsed | ParseFault>();

/** What was found in them, for as long as they are kept. */
const used = new WeakMap<Parsed, Uses>();
const written = new WeakMap<Parsed, ReturnType<typeof rewrite>>();

function once<Made extends object>(
  kept: WeakMap<Parsed, Made>,
  script: Parsed,
  make: (script: Parsed) => Made,
): Made {
  const there = kept.get(script);
  if (there !== undefined) return there;
  const made = make(script);
  kept.set(script, made);
  return made;
}

export const foundIn = (script: Parsed): Uses => once(used, script, usesOf);
const rewrittenOf = (script: Parsed): ReturnType<typeof rewrite> => once(written, script, rewrite);

export function parsedOf(text: string): Parsed | ParseFault {
  const there = parsed.get(text);
  if (there !== undefined) return there;
  if (parsed.size >= KEPT) parsed.clear();
  const made = parseScript(text);
  parsed.set(text, made);
  return made;
}

const FORMS_FIX =
  'It was rewritten for the sandbox; run the flow on a message of yours and compare what comes out.';

export class FlowScript {
  readonly #context: ScriptContext;
  readonly #lines: string[] = [];
  readonly #free = new Map<string, { readonly place: Place; readonly line: number }>();
  readonly #defined = new Set<string>();
  readonly #configuration = new Set<string>();
  readonly #included = new Set<CodeTemplate>();
  /** It may end with `accepted: false`. */
  filters = false;
  /** Something in it cannot run in the sandbox. */
  broken = false;
  /** It gives a result of its own beside the message. */
  result = false;
  /** What came is a text to it, in whatever form it was kept. */
  isText = false;

  constructor(context: ScriptContext) {
    this.#context = context;
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  add(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }

  /** Everything that is wrong with a script of the export goes to the list; what it uses is provided. */
  take(script: Script, place: Place, options: { readonly quiet?: boolean } = {}): Uses | undefined {
    if (script.elsewhere !== undefined) {
      this.broken = true;
      place.toDo(
        script.line,
        `the script is in the file ${script.elsewhere}, not in the export`,
        'Put its text into the element and import again.',
      );
      return undefined;
    }
    const parsed = parsedOf(script.text);
    const at = (line: number): number => script.line + line - 1;
    for (const line of linesLeftOut(script.text)) {
      this.broken = true;
      place.toDo(
        at(line),
        `a secret stood in the script; ${LEFT_OUT} stands there now`,
        'Secrets are not put into scripts; let a connection use it.',
        line,
      );
    }
    if (!('body' in parsed)) {
      this.broken = true;
      place.toDo(
        at(parsed.line),
        `the script cannot be read: ${parsed.reason}`,
        'Write it in the JavaScript of today.',
        parsed.line,
      );
      return undefined;
    }
    const uses = foundIn(parsed);
    for (const { line, reason, fix } of uses.refusals) {
      this.broken = true;
      place.toDo(at(line), `the script ${reason}`, fix, line);
    }
    const { forms } = rewrittenOf(parsed);
    if (forms.size > 0 && !options.quiet)
      place.lookAt(script.line, `the script uses ${[...forms].join(', ')}`, FORMS_FIX);
    if (uses.readsTime)
      place.lookAt(
        script.line,
        'the script reads the time',
        'It is given the time when the message was received, in UTC, so that every attempt gives the same; DateUtil goes by the site’s zone.',
      );
    for (const name of uses.defined) this.#defined.add(name);
    for (const name of uses.free)
      if (!this.#free.has(name)) this.#free.set(name, { place, line: script.line });
    for (const key of uses.configuration) this.#configure(key, place, script.line);
    if (/destinationSet/.test(script.text)) this.filters = true;
    return uses;
  }

  #configure(key: string, place: Place, line: number): void {
    if (!this.#context.configuration.has(key))
      place.toDo(
        line,
        `the script reads "${key}" of the configuration map, which is not in the export`,
        'Put its value into the script, or import the backup of the server’s configuration too.',
      );
    else if (isSecret(key)) {
      this.broken = true;
      place.toDo(
        line,
        `the script reads "${key}" of the configuration map, whose name says that it is a secret`,
        'Secrets are not put into scripts; let a connection use it.',
      );
    } else this.#configuration.add(key);
  }

  /** Code templates that are used, and those that they use; then what nothing defines. */
  #include(): readonly CodeTemplate[] {
    const order: CodeTemplate[] = [];
    const waiting = [...this.#free];
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, { place, line }] = next;
      if (this.#defined.has(name)) continue;
      const template = this.#context.templates.find((each) => definesName(each, name));
      if (template === undefined) {
        place.lookAt(
          line,
          `the script takes "${name}" from outside, and nothing in the export defines it`,
          'Define it in the script; where it is a code template, export its library with the channel.',
        );
        continue;
      }
      if (this.#included.has(template)) continue;
      this.#included.add(template);
      const before = new Set(this.#free.keys());
      this.take(template.script, place.of(`code template "${template.name}"`));
      order.push(template);
      for (const [other, about] of this.#free) if (!before.has(other)) waiting.push([other, about]);
    }
    return order;
  }

  rewritten(text: string): string {
    return rewritten(text);
  }

  /** The file’s text. */
  text(
    head: readonly string[],
    names: { readonly channel: string; readonly id: string; readonly destinations: readonly unknown[] },
  ): string {
    const templates = this.#include();
    const values = [...this.#configuration].map((key) => [
      key,
      this.#context.configuration.get(key)?.value ?? '',
    ]);
    return [
      "'use mirth';",
      ...head.map(remark),
      `mirth.begin(${JSON.stringify({ channel: names.channel, id: names.id, destinations: names.destinations, configuration: Object.fromEntries(values), ...(this.isText ? { isText: true } : {}) })});`,
      ...templates.flatMap(({ name, library, script }) => [
        '',
        remark(`Code template "${name}"${library === '' ? '' : ` of "${library}"`}`),
        rewritten(script.text),
      ]),
      ...this.#lines,
      '',
    ].join('\n');
  }
}

/** The text as it runs in the sandbox; as it stands when it cannot be read, which is on the list then. */
export function rewritten(text: string): string {
  const parsed = parsedOf(text);
  return 'body' in parsed ? rewrittenOf(parsed).text : text;
}

function definesName({ script, type }: CodeTemplate, name: string): boolean {
  if (type === 'DRAG_AND_DROP_CODE') return false;
  const parsed = parsedOf(script.text);
  if (!('body' in parsed))
    return new RegExp(`\\bfunction\\s+${name.replace(/\$/g, '\\$')}\\b`).test(script.text);
  return parsed.body.some((node) => {
    if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration')
      return (node.id as { name?: string } | null)?.name === name;
    if (node.type === 'VariableDeclaration')
      return (node.declarations as { id: { name?: string } }[]).some(({ id }) => id.name === name);
    const left = (node.expression as { left?: { name?: string } } | undefined)?.left;
    return left?.name === name;
  });
}
