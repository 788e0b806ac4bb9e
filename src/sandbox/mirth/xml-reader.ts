/**
 * XML read for scripts: elements, attributes and texts; no document types, and no entities but the five. It runs inside the
 * sandbox, sent there as its own source text.
 */
import type { MirthWorld, XmlNode } from './xml.ts';

export function installXmlReader(world: MirthWorld): void {
  const append = (parent: XmlNode, child: XmlNode): void => {
    child.parent = parent;
    parent.children.push(child);
  };
  const text = (value: string): XmlNode => ({
    kind: 'text',
    name: '',
    text: value,
    attributes: [],
    children: [],
    parent: null,
  });

  world.readXml = (written) => {
    const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
    const plain = (raw: string): string =>
      raw.replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (all, name: string) => {
        if (name.startsWith('#x') || name.startsWith('#X'))
          return String.fromCodePoint(parseInt(name.slice(2), 16));
        if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
        if (!Object.hasOwn(entities, name))
          throw new SyntaxError(`the XML names the entity ${all}, which there is not`);
        return entities[name] as string;
      });
    const stack: XmlNode[] = [];
    let root: XmlNode | undefined;
    const token =
      /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!\[CDATA\[([\s\S]*?)\]\]>|<\/([^\s>]+)\s*>|<([^\s/>!?]+)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>|([^<]+)/y;
    let at = 0;
    while (at < written.length) {
      token.lastIndex = at;
      const found = token.exec(written);
      if (found === null) throw new SyntaxError(`the XML cannot be read at character ${at + 1}`);
      at = token.lastIndex;
      const [, cdata, closes, opens, attributes, empty, words] = found;
      const top = stack[stack.length - 1];
      if (cdata !== undefined) {
        if (top !== undefined) append(top, text(cdata));
      } else if (closes !== undefined) {
        if (stack.pop()?.name !== closes)
          throw new SyntaxError(`the XML closes ${closes}, which is not open`);
      } else if (opens !== undefined) {
        const node = world.node(opens);
        for (const [, name = '', , value = '', other = ''] of (attributes ?? '').matchAll(
          /([^\s=]+)\s*=\s*("([^"]*)"|'([^']*)')/g,
        ))
          node.attributes.push({
            kind: 'attribute',
            name,
            text: plain(value === '' ? other : value),
            attributes: [],
            children: [],
            parent: node,
          });
        if (top !== undefined) append(top, node);
        else if (root !== undefined) throw new SyntaxError('the XML has two roots');
        else root = node;
        if (empty === '') stack.push(node);
      } else if (words !== undefined && top !== undefined && words.trim() !== '')
        append(top, text(plain(words)));
    }
    if (root === undefined || stack.length > 0) throw new SyntaxError('the XML ends too early');
    return world.view(root);
  };
}
