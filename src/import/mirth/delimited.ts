/** How a channel reads and writes rows: the properties of its data type DELIMITED. */
import { child, textAt, textsOf, type XmlElement } from '../xml/element.ts';
import type { Delimited } from './made.ts';

const unescaped = (text: string): string =>
  text.replace(/\\([tnr\\])/g, (_, letter: string) =>
    letter === 't' ? '\t' : letter === 'n' ? '\n' : letter === 'r' ? '\r' : '\\',
  );

export function delimitedOf(properties: XmlElement | undefined): Delimited {
  const serialization =
    child(properties, 'serializationProperties') ?? child(properties, 'deserializationProperties');
  const delimiter = child(serialization, 'columnDelimiter')?.text ?? '';
  const names = child(serialization, 'columnNames');
  return {
    delimiter: unescaped(delimiter) || ',',
    quote: unescaped(textAt(serialization, 'quoteToken')) || '"',
    columns: textsOf(names, 'string')
      .map((name) => name.trim())
      .filter((name) => name !== ''),
  };
}
