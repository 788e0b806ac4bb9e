import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Hl7Message } from '@medplum/core';
import hl7parser from 'hl7parser';
import { HL7Message } from 'hl7v2';
import { Message as ClientMessage } from 'node-hl7-client';
import { parse, path } from '../src/hl7/index.ts';
import { tenPlaces } from './hl7-messages.ts';

const require = createRequire(import.meta.url);

/** The version of a package, as installed: figures of an older one say nothing about a newer. */
export function installedVersion(name: string): string {
  const manifest = join(import.meta.dirname, '..', 'node_modules', name, 'package.json');
  return existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
    : '';
}

/** One library, doing by its own recommended calls what the others do: from bytes, and back to bytes. */
export interface Library {
  readonly name: string;
  /** The ten places of an admission. */
  ten(bytes: Buffer): unknown[];
  /** `OBX-3.1=OBX-5` of every observation. */
  observations(bytes: Buffer): string[];
  /** PID-8 set to F, written back. */
  edit(bytes: Buffer): Uint8Array;
}

const paths = tenPlaces.map(([segment, field, component]) =>
  component === 0 ? `${segment}-${field}` : `${segment}-${field}.${component}`,
);
const dotted = tenPlaces.map(([segment, field, component]) =>
  component === 0 ? `${segment}.${field}` : `${segment}.${field}.${component}`,
);
const text = (bytes: Buffer): string => bytes.toString('utf8');

const suture: Library = {
  name: 'suture/hl7',
  ten(bytes) {
    const message = parse(bytes);
    return paths.map((each) => message.get(each));
  },
  observations: (bytes) =>
    parse(bytes)
      .segments('OBX')
      .map((segment) => `${segment.get('3.1')}=${segment.get('5')}`),
  edit(bytes) {
    const message = parse(bytes);
    message.set('PID-8', 'F');
    return message.bytes();
  },
};

const compiledPaths = paths.map((each) => path(each));
const sutureCompiled: Library = {
  ...suture,
  name: 'suture/hl7, paths parsed before',
  ten(bytes) {
    const message = parse(bytes);
    return compiledPaths.map((each) => message.get(each));
  },
};

const medplum: Library = {
  name: '@medplum/core',
  ten(bytes) {
    const message = Hl7Message.parse(text(bytes));
    return tenPlaces.map(([id, field, component]) => {
      const segment = message.getSegment(id);
      return component === 0 ? segment?.getField(field)?.toString() : segment?.getComponent(field, component);
    });
  },
  observations: (bytes) =>
    Hl7Message.parse(text(bytes))
      .getAllSegments('OBX')
      .map((segment) => `${segment.getComponent(3, 1)}=${segment.getField(5)}`),
  edit(bytes) {
    const message = Hl7Message.parse(text(bytes));
    message.getSegment('PID')?.setField(8, 'F');
    return Buffer.from(message.toString());
  },
};

const client: Library = {
  name: 'node-hl7-client',
  ten(bytes) {
    const message = new ClientMessage({ text: text(bytes) });
    return dotted.map((each) => message.get(each).toString());
  },
  observations(bytes) {
    const found: string[] = [];
    new ClientMessage({ text: text(bytes) }).get('OBX').forEach((segment) => {
      found.push(`${segment.get('OBX.3.1')}=${segment.get('OBX.5')}`);
    });
    return found;
  },
  edit(bytes) {
    const message = new ClientMessage({ text: text(bytes) });
    message.set('PID.8', 'F');
    return Buffer.from(message.toString());
  },
};

/** It refuses a message that ends with its CR, as every message does, so the CR is taken off for it. */
const withoutLastReturn = (bytes: Buffer): string => text(bytes).replace(/\r$/, '');
const parser: Library = {
  name: 'hl7parser',
  ten(bytes) {
    const message = hl7parser.create(withoutLastReturn(bytes));
    return dotted.map((each) => message.get(each).toString());
  },
  observations(bytes) {
    const found: string[] = [];
    hl7parser
      .create(withoutLastReturn(bytes))
      .get('OBX')
      .forEach((segment) => {
        found.push(`${segment.get('OBX.3.1')}=${segment.get('OBX.5')}`);
      });
    return found;
  },
  edit(bytes) {
    const message = hl7parser.create(withoutLastReturn(bytes));
    message.set('PID.8', 'F');
    return Buffer.from(message.toString());
  },
};

interface SimpleSegment {
  getField(n: number): string;
  getComponent(field: number, component: number): string;
  setField(n: number, value: string): void;
}
interface SimpleMessage {
  readonly header: SimpleSegment;
  getSegment(id: string): SimpleSegment;
  getSegments(id: string): SimpleSegment[];
  toString(): string;
}
const { Parser } = require('simple-hl7') as {
  Parser: new () => { parse(text: string): SimpleMessage };
};
const simple: Library = {
  name: 'simple-hl7',
  ten(bytes) {
    const message = new Parser().parse(text(bytes));
    return tenPlaces.map(([id, field, component]) => {
      // Its header counts from MSH-3.
      const [segment, at] = id === 'MSH' ? [message.header, field - 2] : [message.getSegment(id), field];
      return component === 0 ? segment.getField(at) : segment.getComponent(at, component);
    });
  },
  observations: (bytes) =>
    new Parser()
      .parse(text(bytes))
      .getSegments('OBX')
      .map((segment) => `${segment.getComponent(3, 1)}=${segment.getField(5)}`),
  edit(bytes) {
    const message = new Parser().parse(text(bytes));
    message.getSegment('PID').setField(8, 'F');
    return Buffer.from(message.toString());
  },
};

const dictionaryDriven: Library = {
  name: 'hl7v2',
  ten(bytes) {
    const message = HL7Message.parse(bytes);
    return tenPlaces.map(([id, field, component]) => {
      const found = message.getSegment(id)?.field(field);
      return component === 0 ? found?.getValue() : found?.getValue(component);
    });
  },
  observations: (bytes) =>
    HL7Message.parse(bytes)
      .segments.filter(({ segmentType }) => segmentType === 'OBX')
      .map((segment) => `${segment.field(3).getValue(1)}=${segment.field(5).getValue()}`),
  edit(bytes) {
    const message = HL7Message.parse(bytes);
    message.getSegment('PID')?.field(8).setValue('F');
    return Buffer.from(message.toHL7String());
  },
};

export const libraries: readonly Library[] = [
  suture,
  sutureCompiled,
  medplum,
  client,
  parser,
  simple,
  dictionaryDriven,
];
