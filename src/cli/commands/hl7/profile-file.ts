/** Profiles as the YAML files that people write and read. */
import { Document, isCollection, isMap, isScalar, parseDocument, type Scalar } from 'yaml';
import {
  type LocalDefinitions,
  localDefinitions,
  type Profile,
  profile,
  profileText,
} from '../../../hl7/index.ts';
import { readText } from './message-files.ts';
import { badUsage, told } from './refusal.ts';
import type { Terminal } from './terminal.ts';

export async function readProfile(terminal: Terminal, file: string): Promise<Profile> {
  const value = await readYaml(terminal, file);
  try {
    return profile(value);
  } catch (error) {
    throw told(error, file);
  }
}

/** A site's own segments, types and tables, in a file of their own. */
export async function readLocal(terminal: Terminal, file: string): Promise<LocalDefinitions> {
  const value = await readYaml(terminal, file);
  try {
    return localDefinitions(value);
  } catch (error) {
    throw told(error, file);
  }
}

async function readYaml(terminal: Terminal, file: string): Promise<unknown> {
  // Few aliases only: a file of a few lines could otherwise be read as millions.
  const document = parseDocument(await readText(terminal, file));
  const [fault] = document.errors;
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line ?? 0;
    const [reason = ''] = fault.message.split('\n');
    throw badUsage(
      `${file}:${line}: this is not YAML: ${reason.replace(/ at line.*$/, '')}.`,
      'Correct the line.',
      fault,
    );
  }
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw badUsage(`${file} has too many aliases.`, 'Write the values out.', error);
  }
}

/** A profile with remarks of what was observed beside its keys; `profile()` reads it back. */
export function profileYaml(learned: Profile, about: readonly string[]): string {
  const { value, comments } = profileText(learned);
  const document = new Document(value);
  document.commentBefore = about.map((line) => ` ${line}`).join('\n');
  for (const { at, text } of comments) comment(document, at, text);
  heading(document, 'messages', 'Which segments each type of message has. Without min: it may be missing.');
  heading(document, 'fields', 'What is expected of fields, for every type of message.');
  heading(
    document,
    'observed',
    'What was seen, in numbers: compared by "suture hl7 diff"; it judges nothing.',
  );
  for (const type of keysOf(document, ['messages'])) {
    oneLine(document, ['messages', type, 'order']);
    for (const id of keysOf(document, ['messages', type, 'segments']))
      oneLine(document, ['messages', type, 'segments', id]);
  }
  for (const within of [['fields'], ['observed', 'segments'], ['observed', 'fields']])
    for (const key of keysOf(document, within)) oneLine(document, [...within, key]);
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** `PID: { min: 1, max: 1 }`: a rule is read as one thing. */
function oneLine(document: Document, at: readonly string[]): void {
  const node = document.getIn(at, true);
  if (isCollection(node)) node.flow = true;
}

function keysOf(document: Document, at: readonly string[]): string[] {
  const node = document.getIn(at, true);
  return isMap(node) ? node.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
}

/** Names of segments stand behind them; what says more stands on a line of its own, before. */
function comment(document: Document, at: readonly string[], text: string): void {
  const value = document.getIn(at, true);
  if (at.at(-2) === 'segments' && isCollection(value)) value.comment = ` ${text}`;
  else {
    const key = keyOf(document, at);
    if (key !== undefined) key.commentBefore = ` ${text}`;
  }
}

function heading(document: Document, name: string, text: string): void {
  const key = keyOf(document, [name]);
  if (key === undefined) return;
  key.commentBefore = ` ${text}`;
  key.spaceBefore = true;
}

function keyOf(document: Document, at: readonly string[]): Scalar | undefined {
  const around = at.length === 1 ? document.contents : document.getIn(at.slice(0, -1), true);
  if (!isMap(around)) return undefined;
  const key = around.items.find((pair) => isScalar(pair.key) && pair.key.value === at.at(-1))?.key;
  return isScalar(key) ? key : undefined;
}
