/**
 * Field maps as files: `maps/<name>.yaml`. Read with the line of everything that is wrong.
 *
 *     about: The person as the care app keeps it.
 *     makes: Patient
 *     fields:
 *       name[0].family: { from: hl7:PID-5.1, transform: nameCase, required: true }
 *       birthDate: { from: hl7:PID-7, transform: dateOnly }
 *       gender: { from: hl7:PID-8, valueSet: gender }
 */
import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument } from 'yaml';
import { asFailure, nearest } from '../std/index.ts';
import { compileFieldMap, targetSteps } from './field-map.ts';
import {
  type Makes,
  makesR4,
  makesShape,
  r4Types,
  type Shape,
  shapeFault,
  targetFault,
} from './map-shape.ts';
import type { FieldMap, FieldRule } from './rule.ts';
import { ruleFault } from './rule-shape.ts';
import type { MapFault } from './value-set-file.ts';

/** A field map as its file says. */
export interface MapFile {
  readonly name: string;
  readonly about: string;
  /** `Patient`, or the shape that the file declares. */
  readonly makes?: string | Shape;
  readonly fields: FieldMap;
  /** The line of a target. */
  readonly lineOf: (target: string) => number;
}

const KEYS = ['about', 'makes', 'shape', 'fields'];
const LONGEST = 1_000_000;

/**
 * Reads a field map. Of what is wrong with it everything is told, each with its line; a map with faults is not given.
 * @param name The file's, without its ending.
 */
export function readMapFile(
  text: string,
  name: string,
): { readonly map?: MapFile; readonly faults: readonly MapFault[] } {
  if (text.length > LONGEST)
    return { faults: [{ line: 0, reason: 'is larger than 1 MB', fix: 'divide the map' }] };
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  if (document.errors.length > 0)
    return {
      faults: document.errors.map((error) => ({
        line: lines.linePos(error.pos[0]).line,
        reason: `not valid YAML: ${error.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? ''}`,
        fix: 'correct the line; indentation, colons and a text that needs quotation marks are the usual causes',
      })),
    };
  return new Reader(document, lines, name).read();
}

class Reader {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #name: string;
  readonly #faults: MapFault[] = [];

  constructor(document: Document, lines: LineCounter, name: string) {
    this.#document = document;
    this.#lines = lines;
    this.#name = name;
  }

  read(): { readonly map?: MapFile; readonly faults: readonly MapFault[] } {
    let value: unknown;
    try {
      value = this.#document.toJS({ maxAliasCount: 100 });
    } catch {
      this.#add([], 'its aliases refer to too much', 'write out what they stand for');
      return { faults: this.#faults };
    }
    if (!isPlain(value)) {
      this.#add([], 'is no map', 'begin with about:, makes: and fields:');
      return { faults: this.#faults };
    }
    for (const key of Object.keys(value)) {
      if (KEYS.includes(key)) continue;
      const near = nearest(key, KEYS);
      this.#add(
        [key],
        `there is no "${key}" in a map`,
        near ? `did you mean "${near}"?` : `it has: ${KEYS.join(', ')}`,
      );
    }
    const { about = '', fields } = value;
    if (typeof about !== 'string')
      this.#add(['about'], '"about" is no text', 'say in a sentence what the map is for');
    const makes = this.#makes(value);
    if (!isPlain(fields) || Object.keys(fields).length === 0)
      this.#add(['fields'], 'the map has no fields', 'write under fields: what is made, a line each');
    else this.#fields(fields, ['fields'], makes?.makes);
    if (this.#faults.length > 0) return { faults: this.#faults };
    const map: MapFile = {
      name: this.#name,
      about: about as string,
      ...(makes === undefined ? {} : { makes: makes.written }),
      fields: fields as FieldMap,
      lineOf: (target) => this.#line(['fields', target]),
    };
    // Each rule is fine by itself; together two may make one field.
    try {
      compileFieldMap(map.fields);
    } catch (error) {
      const { message, fix, at } = asFailure(error);
      this.#add(['fields', at.path ?? ''], message.replace(/\.$/, ''), fix);
      return { faults: this.#faults };
    }
    return { map, faults: [] };
  }

  #makes({
    makes,
    shape,
  }: Readonly<Record<string, unknown>>):
    | { readonly makes: Makes; readonly written: string | Shape }
    | undefined {
    if (makes !== undefined && shape !== undefined) {
      this.#add(['shape'], 'it says both what it makes and a shape', 'leave one of the two');
      return undefined;
    }
    if (makes !== undefined) {
      const found = typeof makes === 'string' ? makesR4(makes) : undefined;
      if (found !== undefined) return { makes: found, written: makes as string };
      const near = typeof makes === 'string' ? nearest(makes, r4Types()) : undefined;
      this.#add(
        ['makes'],
        `"${String(makes).slice(0, 40)}" is no type of FHIR R4`,
        near
          ? `did you mean "${near}"?`
          : 'write a resource such as Patient, or declare what is made under shape:',
      );
    }
    if (shape === undefined) return undefined;
    const fault = isPlain(shape) ? shapeFault(shape, '') : 'the shape has no fields';
    if (fault === undefined) return { makes: makesShape(shape as Shape), written: shape as Shape };
    this.#add(['shape'], fault, 'write it like { mrn: string, names: [{ family: string }] }');
    return undefined;
  }

  #fields(
    fields: Readonly<Record<string, unknown>>,
    path: readonly string[],
    makes: Makes | undefined,
  ): void {
    for (const [target, rule] of Object.entries(fields)) this.#rule(target, rule, [...path, target], makes);
  }

  #rule(target: string, rule: unknown, path: readonly string[], makes: Makes | undefined): void {
    const wrong = ruleFault(rule);
    if (wrong !== undefined) {
      this.#add([...path, ...wrong.path], `${target}: ${wrong.reason}`, wrong.fix);
      return;
    }
    const made = rule as FieldRule;
    const isGroup = typeof made === 'object' && 'fields' in made;
    try {
      const steps = targetSteps(target);
      if (makes !== undefined) {
        const found = targetFault(makes, steps, isGroup && 'each' in made);
        if ('reason' in found) {
          this.#add(path, `${target}: ${found.reason}`, found.fix);
          return;
        }
        if (isGroup) this.#fields(made.fields, [...path, 'fields'], found.inner);
      } else if (isGroup) this.#fields(made.fields, [...path, 'fields'], undefined);
      // What is inside has been looked at by itself.
      if (!isGroup) compileFieldMap({ [target]: made });
      else if (!this.#faults.some(({ line }) => line >= this.#line(path)))
        compileFieldMap({ [target]: made });
    } catch (error) {
      const { message, fix } = asFailure(error);
      this.#add(path, message.replace(/\.$/, ''), fix);
    }
  }

  #add(path: readonly string[], reason: string, fix: string): void {
    this.#faults.push({ line: this.#line(path), reason, fix: fix.replace(/\.$/, '') });
  }

  /** The line of a key, or of the nearest that holds it. */
  #line(path: readonly string[]): number {
    let node: unknown = this.#document.contents;
    let line = (node as Node | null)?.range ? this.#lines.linePos((node as Node).range?.[0] ?? 0).line : 1;
    for (const key of path) {
      if (!isMap(node)) break;
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
      if (pair === undefined) break;
      const range = (pair.key as Node).range;
      if (range) line = this.#lines.linePos(range[0]).line;
      node = pair.value;
    }
    return line;
  }
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
