/**
 * HL7 v2 as the XML that Mirth’s scripts see (`<PID.5><PID.5.1>DOE</PID.5.1></PID.5>`) and back. Texts stay as they are written
 * between the delimiters, with their escapes. It runs inside the sandbox, sent there as its own source text.
 */
import type { MirthWorld, XmlNode } from './xml.ts';

export interface Hl7World extends MirthWorld {
  readHl7(text: string): unknown;
  writeHl7(message: unknown): string;
}

export function installHl7(world: Partial<Hl7World> & MirthWorld): void {
  const add = (parent: XmlNode, child: XmlNode): XmlNode => {
    child.parent = parent;
    parent.children.push(child);
    return child;
  };
  const isHeader = (name: string): boolean => /^(MSH|FHS|BHS)$/.test(name);
  const delimitersOf = (header: string) => ({
    field: header[3] ?? '|',
    component: header[4] ?? '^',
    repetition: header[5] ?? '~',
    subcomponent: header[7] ?? '&',
  });

  world.readHl7 = (text) => {
    const root = world.node('HL7Message');
    const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
    const first = lines[0] ?? '';
    if (!isHeader(first.slice(0, 3)))
      throw new SyntaxError('the text is no HL7 message: it begins with no MSH');
    const delimiters = delimitersOf(first);
    for (const line of lines) {
      const name = line.slice(0, 3);
      const segment = add(root, world.node(name));
      if (isHeader(name)) {
        add(segment, world.node(`${name}.1`, delimiters.field));
        const fields = line.slice(4).split(delimiters.field);
        add(segment, world.node(`${name}.2`, fields[0] ?? ''));
        for (let i = 1; i < fields.length; i++) field(segment, `${name}.${i + 2}`, fields[i] as string);
      } else {
        const fields = line.split(delimiters.field);
        for (let i = 1; i < fields.length; i++) field(segment, `${name}.${i}`, fields[i] as string);
      }
    }
    return world.view(root);

    function field(segment: XmlNode, name: string, written: string): void {
      for (const repetition of written.split(delimiters.repetition)) {
        const node = add(segment, world.node(name));
        if (repetition === '') continue;
        repetition.split(delimiters.component).forEach((component, index) => {
          const id = `${name}.${index + 1}`;
          const parts = component.split(delimiters.subcomponent);
          if (parts.length === 1) add(node, world.node(id, component));
          else {
            const inner = add(node, world.node(id));
            parts.forEach((part, position) => {
              add(inner, world.node(`${id}.${position + 1}`, part));
            });
          }
        });
      }
    }
  };

  world.writeHl7 = (message) => {
    const [root] = world.nodesOf(message);
    if (root === undefined) return String(message);
    const elements = (node: XmlNode): XmlNode[] => node.children.filter((each) => each.kind === 'element');
    const text = (node: XmlNode): string =>
      node.kind === 'element' ? node.children.map(text).join('') : node.text;
    const segments = elements(root);
    const header = segments.find((each) => isHeader(each.name));
    const declared = header === undefined ? [] : elements(header);
    const separator = declared[0] === undefined ? '|' : text(declared[0]) || '|';
    const others = (declared[1] === undefined ? '' : text(declared[1])) || '^~\\&';
    const delimiters = delimitersOf(`MSH${separator}${others}`);

    /** Parts by their number in the name, whatever the order they stand in; repetitions of one number joined. */
    const placed = (parent: XmlNode, joint: string, write: (node: XmlNode) => string): string[] => {
      const list: string[] = [];
      const seen = new Set<number>();
      for (const node of elements(parent)) {
        const number = Number(node.name.slice(node.name.lastIndexOf('.') + 1));
        if (!Number.isInteger(number) || number < 1 || number > 9_999) continue;
        while (list.length < number) list.push('');
        list[number - 1] = seen.has(number) ? `${list[number - 1]}${joint}${write(node)}` : write(node);
        seen.add(number);
      }
      return list;
    };
    const component = (node: XmlNode): string =>
      elements(node).length === 0
        ? text(node)
        : placed(node, delimiters.repetition, text).join(delimiters.subcomponent);
    const fieldText = (node: XmlNode): string =>
      elements(node).length === 0
        ? text(node)
        : placed(node, delimiters.repetition, component).join(delimiters.component);

    return segments
      .map((segment) => {
        const fields = placed(segment, delimiters.repetition, fieldText);
        if (!isHeader(segment.name)) return [segment.name, ...fields].join(delimiters.field);
        return `${segment.name}${delimiters.field}${[others, ...fields.slice(2)].join(delimiters.field)}`;
      })
      .map((line) => `${line}\r`)
      .join('');
  };
}
