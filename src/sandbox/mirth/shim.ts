/**
 * What scripts that were written for Mirth Connect find around them: `msg`, `tmp`, the maps, `logger`, `$`, `validate`,
 * `DateUtil`, `createSegment`, `destinationSet`. Only what can be given rightly is here; the rest is not, and a script that
 * asks for it fails by name. It runs inside the sandbox, sent there as its own source text.
 */
import type { Hl7World } from './hl7-xml.ts';
import type { Columns, RowsWorld } from './rows.ts';

/** What a step with an imported script reads. */
export interface MirthInput {
  /** The message’s text, or what came as JSON. */
  readonly message?: unknown;
  /** Variables that earlier steps made: what `channelMap` holds at first. */
  readonly values?: Readonly<Record<string, unknown>> | null;
  /** What `sourceMap` holds: the headers of a call, the name of a file. */
  readonly source?: Readonly<Record<string, unknown>> | null;
}

export interface MirthResult {
  /** A filter or `destinationSet` refused it. */
  readonly accepted: boolean;
  /** The message as the scripts left it. */
  readonly message: unknown;
  readonly values: Readonly<Record<string, unknown>>;
  readonly logged: readonly string[];
}

export function installShim(
  world: Hl7World & RowsWorld,
  globals: Record<string, unknown>,
  given: { readonly input: MirthInput; readonly at: number; readonly offset: number },
): void {
  type Format = 'HL7V2' | 'XML' | 'JSON' | 'RAW' | 'DELIMITED';
  interface Stage {
    readonly inbound?: Format;
    readonly outbound?: Format;
    readonly template?: string;
    /** How rows are read and written. */
    readonly reads?: Columns;
    readonly writes?: Columns;
  }
  interface Surroundings {
    readonly channel: string;
    readonly id: string;
    readonly destinations: readonly unknown[];
    readonly configuration: Readonly<Record<string, unknown>>;
    /** What came is a text to the script, in whatever form it was kept. */
    readonly isText?: boolean;
  }
  const MOST_LINES = 100;
  const LONGEST_LINE = 1_000;

  const logged: string[] = [];
  const log = (level: string) => (value: unknown) => {
    if (logged.length < MOST_LINES) logged.push(`${level}: ${String(value)}`.slice(0, LONGEST_LINE));
  };
  globals.logger = {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    trace: log('trace'),
  };

  class ScriptMap {
    readonly entries = new Map<string, unknown>();
    put(key: unknown, value: unknown): unknown {
      const before = this.get(key);
      this.entries.set(String(key), value);
      return before;
    }
    get(key: unknown): unknown {
      return this.entries.get(String(key)) ?? null;
    }
    containsKey(key: unknown): boolean {
      return this.entries.has(String(key));
    }
    remove(key: unknown): unknown {
      const before = this.get(key);
      this.entries.delete(String(key));
      return before;
    }
    size(): number {
      return this.entries.size;
    }
    isEmpty(): boolean {
      return this.entries.size === 0;
    }
  }
  const mapOf = (values: Readonly<Record<string, unknown>> | null | undefined): ScriptMap => {
    const map = new ScriptMap();
    for (const [key, value] of Object.entries(values ?? {})) map.put(key, value);
    return map;
  };
  const channelMap = mapOf(given.input.values);
  const connectorMap = new ScriptMap();
  const sourceMap = mapOf(given.input.source);
  const short = (map: ScriptMap) =>
    function (key: unknown, value?: unknown) {
      // biome-ignore lint/complexity/noArguments: `$c('x', undefined)` puts, `$c('x')` gets.
      return arguments.length > 1 ? map.put(key, value) : map.get(key);
    };
  Object.assign(globals, {
    channelMap,
    connectorMap,
    sourceMap,
    $c: short(channelMap),
    $co: short(connectorMap),
    $s: short(sourceMap),
    $: (key: unknown) => {
      for (const map of [connectorMap, channelMap, sourceMap]) if (map.containsKey(key)) return map.get(key);
      return '';
    },
  });

  globals.validate = (
    mapping: unknown,
    fallback: unknown,
    replacements?: readonly (readonly unknown[])[],
  ) => {
    const given = mapping === undefined || mapping === null ? '' : String(mapping);
    let result = given === '' && fallback !== undefined && fallback !== null ? String(fallback) : given;
    for (const [pattern, replacement] of replacements ?? []) {
      const expression = pattern instanceof RegExp ? pattern : new RegExp(String(pattern), 'g');
      result = result.replace(expression, String(replacement));
    }
    return result;
  };
  globals.getArrayOrXmlLength = (value: unknown) =>
    world.isXml(value)
      ? world.nodesOf(value).length
      : ((value as { length?: number } | undefined)?.length ?? 0);
  globals.createSegment = (name: unknown, message?: unknown, index = 0) => {
    if (message === undefined) return world.element(String(name));
    const segments = (message as Record<string, Record<number, unknown>>)[String(name)] ?? {};
    segments[index] = world.element(String(name));
    return (message as Record<string, Record<number, unknown>>)[String(name)]?.[index];
  };
  globals.createSegmentAfter = (name: unknown, segment: unknown) => {
    const [anchor] = world.nodesOf(segment);
    if (anchor?.parent === null || anchor === undefined)
      throw new TypeError('createSegmentAfter: there is no such segment');
    const made = world.node(String(name));
    made.parent = anchor.parent;
    anchor.parent.children.splice(anchor.parent.children.indexOf(anchor) + 1, 0, made);
    return world.view(made);
  };

  // ---------------------------------------------------------------- dates: by the numbers of a pattern, no names of months
  const parts = (at: number): Record<string, number> => {
    const time = new Date(at + given.offset * 60_000);
    return {
      y: time.getUTCFullYear(),
      M: time.getUTCMonth() + 1,
      d: time.getUTCDate(),
      H: time.getUTCHours(),
      m: time.getUTCMinutes(),
      s: time.getUTCSeconds(),
      S: time.getUTCMilliseconds(),
    };
  };
  const runs = (pattern: string): string[] => pattern.match(/'[^']*'|([A-Za-z])\1*|[^A-Za-z']+/g) ?? [];
  const unknownLetters = (pattern: string): never => {
    throw new RangeError(`DateUtil: the pattern "${pattern}" has letters other than y M d H m s S`);
  };
  const formatDate = (pattern: unknown, at: number): string =>
    runs(String(pattern))
      .map((run) => {
        if (run.startsWith("'")) return run === "''" ? "'" : run.slice(1, -1);
        if (!/[A-Za-z]/.test(run)) return run;
        const value = parts(at)[run[0] as string];
        if (value === undefined || (run[0] === 'M' && run.length > 2)) return unknownLetters(String(pattern));
        if (run === 'yy') return String(value % 100).padStart(2, '0');
        return String(value).padStart(run.length, '0');
      })
      .join('');
  const readDate = (pattern: unknown, value: unknown): number => {
    const text = String(value);
    const found: Record<string, number> = { y: 1970, M: 1, d: 1, H: 0, m: 0, s: 0, S: 0 };
    let at = 0;
    for (const run of runs(String(pattern))) {
      if (run.startsWith("'")) at += run.length - 2;
      else if (!/[A-Za-z]/.test(run)) at += run.length;
      else {
        const letter = run[0] as string;
        if (!(letter in found) || (letter === 'M' && run.length > 2)) return unknownLetters(String(pattern));
        const digits = text.slice(at, at + run.length);
        if (!/^\d+$/.test(digits)) throw new RangeError('DateUtil: the text does not fit the pattern');
        found[letter] = Number(digits) + (run === 'yy' ? 2000 : 0);
        at += run.length;
      }
    }
    const { y = 0, M = 1, d = 1, H = 0, m = 0, s = 0, S = 0 } = found;
    return Date.UTC(y, M - 1, d, H, m, s, S) - given.offset * 60_000;
  };
  globals.DateUtil = {
    getCurrentDate: (pattern: unknown) => formatDate(pattern, given.at),
    convertDate: (from: unknown, to: unknown, value: unknown) => formatDate(to, readDate(from, value)),
    getDate: (pattern: unknown, value: unknown) => new Date(readDate(pattern, value)),
    formatDate: (pattern: unknown, date: Date) => formatDate(pattern, date.getTime()),
  };

  // ---------------------------------------------------------------- stages: what a filter or a transformer sees
  const read = (value: unknown, format: Format, columns?: Columns): unknown => {
    if (format === 'HL7V2') return world.readHl7(String(value));
    if (format === 'XML')
      return typeof value === 'object' && value !== null
        ? world.readResult(value)
        : world.readXml(String(value));
    if (format === 'DELIMITED') return world.readRows(value, columns);
    if (format === 'JSON')
      return typeof value === 'string' ? JSON.parse(value) : JSON.parse(JSON.stringify(value ?? null));
    return typeof value === 'string' ? value : JSON.stringify(value ?? null);
  };
  const write = (value: unknown, format: Format, columns?: Columns): unknown => {
    if (world.isXml(value)) {
      if (format === 'HL7V2') return world.writeHl7(value);
      if (format === 'DELIMITED') return world.writeRows(value, columns);
      if (format === 'JSON')
        throw new TypeError('XML is not made JSON by itself: let the script write the object');
      return (value as { toXMLString(): string }).toXMLString();
    }
    return format === 'JSON' ? value : value === undefined || value === null ? '' : String(value);
  };
  const escaped = (text: string): string =>
    text.replace(/[&<>"]/g, (each) =>
      each === '&' ? '&amp;' : each === '<' ? '&lt;' : each === '>' ? '&gt;' : '&quot;',
    );
  /** Called with `new` or without. */
  function XML(value?: unknown): unknown {
    if (world.isXml(value)) return value;
    return value === undefined || value === null || value === ''
      ? world.list([])
      : world.readXml(String(value));
  }
  Object.assign(globals, { XML, XMLList: XML });
  let message: unknown = given.input.message;
  let accepted = true;
  const apart = (inbound: Format, columns?: Columns): void => {
    globals.msg = read(message, inbound, columns);
  };
  globals.mirth = {
    /** `false` ends it: the filter does not let the message on. */
    filter({ inbound = 'HL7V2', reads }: Stage, rules: () => unknown): boolean {
      apart(inbound, reads);
      accepted = rules() === true;
      return accepted;
    },
    transform(
      { inbound = 'HL7V2', outbound = inbound, template, reads, writes }: Stage,
      steps: () => unknown,
    ): void {
      apart(inbound, reads);
      globals.tmp = template === undefined ? undefined : read(template, outbound, writes);
      steps();
      message = write(template === undefined ? globals.msg : globals.tmp, outbound, writes);
    },
    /** Where the script stood: its channel, the names of the destination that it runs for, what it reads of the configuration map. */
    begin({ channel, id, destinations, configuration, isText }: Surroundings): void {
      if (isText && typeof message === 'object' && message !== null) {
        const { text } = message as { readonly text?: unknown };
        const alone = typeof text === 'string' && Object.keys(message).length === 1;
        message = alone ? text : JSON.stringify(message);
      }
      globals.channelName = channel;
      globals.channelId = id;
      const configured = mapOf(configuration);
      globals.configurationMap = configured;
      globals.$cfg = (key: unknown) => configured.get(key);
      const wanted = new Set(destinations.map(String));
      const isMeant = (what: unknown): boolean =>
        (Array.isArray(what) ? what : [what]).some((each) => wanted.has(String(each)));
      const refuse = (yes: boolean): boolean => {
        if (yes) accepted = false;
        return yes;
      };
      globals.destinationSet = {
        remove: (what: unknown) => refuse(isMeant(what)),
        removeAllExcept: (what: unknown) => refuse(!isMeant(what)),
        removeAll: () => refuse(true),
      };
    },
    preprocess(change: (text: string) => unknown): void {
      const given = typeof message === 'string' ? message : JSON.stringify(message);
      message = String(change(given));
    },
    /** What a reader’s script gave: one message, a list of them, or none. */
    messages(make: () => unknown): readonly string[] {
      const made = make();
      const all = Array.isArray(made) ? made : [made];
      return all
        .map((each) =>
          each === undefined || each === null
            ? ''
            : world.isXml(each)
              ? (each as { toXMLString(): string }).toXMLString()
              : String(each),
        )
        .filter((each) => each !== '');
    },
    each: (value: unknown): Iterable<unknown> => {
      if (value === null || value === undefined) return [];
      if (world.isXml(value) || Array.isArray(value)) return value as Iterable<unknown>;
      return typeof value === 'object' ? Object.values(value) : [value];
    },
    xml: (text: string) => (text.trim() === '<></>' ? world.view(world.node('list')) : world.readXml(text)),
    /** In an attribute, and between tags, where XML stays XML. */
    text: (value: unknown) => escaped(String(value)),
    content: (value: unknown) =>
      world.isXml(value) ? (value as { toXMLString(): string }).toXMLString() : escaped(String(value)),
    /** Two lists of elements are joined; anything else is added as ever. */
    plus: (a: unknown, b: unknown): unknown => {
      if (!world.isXml(a) || !world.isXml(b)) return (a as string) + (b as string);
      return world.list([...world.nodesOf(a), ...world.nodesOf(b)]);
    },
    typeOf: (value: unknown) => (world.isXml(value) ? 'xml' : typeof value),
    /** What is sent on is made of a pattern. */
    send(text: string): void {
      message = (globals.mirth as { template(text: string): string }).template(text);
    },
    /** Another channel begins: its maps are its own. */
    channel(): void {
      for (const [key, value] of channelMap.entries) sourceMap.put(key, value);
      channelMap.entries.clear();
      connectorMap.entries.clear();
    },
    /** A destination begins: its connectorMap is its own. */
    connector(): void {
      connectorMap.entries.clear();
    },
    accepted: () => accepted,
    /** `${name}` filled in; with `json` as a part of JSON in quotes. */
    template: (text: string, form?: 'json') =>
      text.replace(/\$!?\{([\w.]+)\}/g, (_, name: string) => {
        const isMessage = /^message\.(encodedData|transformedData|rawData)$/.test(name);
        const value = isMessage ? message : (globals.$ as (key: string) => unknown)(name);
        const given = isMessage && typeof value !== 'string' ? JSON.stringify(value) : String(value);
        return form === 'json' ? JSON.stringify(given).slice(1, -1) : given;
      }),
    done(result?: unknown): MirthResult & { readonly result?: unknown } {
      const plain = (value: unknown): unknown =>
        world.isXml(value)
          ? String(value)
          : value instanceof ScriptMap
            ? Object.fromEntries(value.entries)
            : value;
      const values: Record<string, unknown> = {};
      for (const [key, value] of [...channelMap.entries, ...connectorMap.entries]) {
        if (key !== '__proto__') values[key] = plain(value);
      }
      return {
        accepted,
        message: plain(message),
        values,
        logged,
        ...(result === undefined ? {} : { result: plain(result) }),
      };
    },
  };
}
