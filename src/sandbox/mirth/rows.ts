/**
 * Rows as the XML that Mirth’s scripts see: `<delimited><row><column1>` of a text with columns, `<result><mrn>` of a database;
 * and texts of columns back. It runs inside the sandbox, sent there as its own source text.
 */
import type { MirthWorld, XmlNode } from './xml.ts';

export interface Columns {
  readonly delimiter: string;
  readonly quote: string;
  /** Names of the columns; behind the last one they are numbered. */
  readonly columns: readonly string[];
}

export interface RowsWorld extends MirthWorld {
  /** A text of rows, or one row as an object. */
  readRows(value: unknown, columns?: Columns): unknown;
  writeRows(rows: unknown, columns?: Columns): string;
  /** A row of a database as an object, or a list of them. */
  readResult(value: unknown): unknown;
}

export function installRows(world: Partial<RowsWorld> & MirthWorld): void {
  const usual: Columns = { delimiter: ',', quote: '"', columns: [] };
  const add = (parent: XmlNode, child: XmlNode): XmlNode => {
    child.parent = parent;
    parent.children.push(child);
    return child;
  };
  /** No element where there is no value: what Mirth made of NULL. */
  const fields = (parent: XmlNode, row: object): XmlNode => {
    for (const [name, value] of Object.entries(row))
      if (value !== null && value !== undefined)
        add(parent, world.node(name, typeof value === 'object' ? JSON.stringify(value) : String(value)));
    return parent;
  };

  /** Quotes may hold delimiters, line ends and, doubled, themselves. */
  const cells = (text: string, { delimiter, quote }: Columns): string[][] => {
    const rows: string[][] = [];
    let row: string[] = [];
    let cell = '';
    let open = false;
    let began = false;
    const end = (): void => {
      row.push(cell);
      cell = '';
      began = false;
    };
    for (let at = 0; at < text.length; ) {
      if (open && text.startsWith(quote + quote, at)) {
        cell += quote;
        at += quote.length * 2;
      } else if (quote !== '' && text.startsWith(quote, at) && (open || !began)) {
        open = !open;
        began = true;
        at += quote.length;
      } else if (!open && text.startsWith(delimiter, at)) {
        end();
        at += delimiter.length;
      } else if (!open && (text[at] === '\n' || text[at] === '\r')) {
        at += text.startsWith('\r\n', at) ? 2 : 1;
        if (row.length > 0 || cell !== '' || began) {
          end();
          rows.push(row);
          row = [];
        }
      } else {
        cell += text[at];
        began = true;
        at += 1;
      }
    }
    if (row.length > 0 || cell !== '' || began) {
      end();
      rows.push(row);
    }
    return rows;
  };

  world.readRows = (value, form = usual) => {
    const root = world.node('delimited');
    if (typeof value === 'object' && value !== null) {
      fields(add(root, world.node('row')), value);
      return world.view(root);
    }
    for (const row of cells(String(value), form)) {
      const element = add(root, world.node('row'));
      row.forEach((text, index) => {
        add(element, world.node(form.columns[index] ?? `column${index + 1}`, text));
      });
    }
    return world.view(root);
  };

  world.writeRows = (given, form = usual) => {
    const text = (node: XmlNode): string =>
      node.kind === 'element' ? node.children.map(text).join('') : node.text;
    const elements = (node: XmlNode): XmlNode[] => node.children.filter((each) => each.kind === 'element');
    const { delimiter, quote } = form;
    const cell = (value: string): string =>
      quote !== '' && (value.includes(delimiter) || value.includes(quote) || /[\r\n]/.test(value))
        ? quote + value.split(quote).join(quote + quote) + quote
        : value;
    const [root] = world.nodesOf(given);
    if (root === undefined) return '';
    return elements(root)
      .map(
        (row) =>
          `${elements(row)
            .map((each) => cell(text(each)))
            .join(delimiter)}\n`,
      )
      .join('');
  };

  world.readResult = (value) => {
    if (!Array.isArray(value)) return world.view(fields(world.node('result'), value as object));
    const root = world.node('results');
    for (const each of value) fields(add(root, world.node('result')), each as object);
    return world.view(root);
  };
}
