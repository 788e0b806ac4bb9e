/**
 * XML as scripts of ECMA-357 (E4X) see it: `msg['PID']['PID.5']['PID.5.1']` reads and writes elements by name. It runs inside
 * the sandbox, sent there as its own source text: it may use nothing from outside this function.
 */

/** What the functions of this folder leave for one another in the sandbox; scripts do not see it. */
export interface MirthWorld {
  readXml(text: string): unknown;
  isXml(value: unknown): boolean;
  element(name: string): unknown;
  /** Elements and texts of a view, for what is written as HL7. */
  nodesOf(value: unknown): readonly XmlNode[];
  node(name: string, text?: string): XmlNode;
  view(node: XmlNode): unknown;
  list(nodes: readonly XmlNode[]): unknown;
}

export interface XmlNode {
  readonly kind: 'element' | 'text' | 'attribute';
  name: string;
  text: string;
  attributes: XmlNode[];
  children: XmlNode[];
  parent: XmlNode | null;
}

export function installXml(world: Partial<MirthWorld>): void {
  interface View {
    nodes: XmlNode[];
    /** Where a value goes that is written to an empty list: `msg['ZZZ'] = …` */
    from: { base: View; name: string } | null;
    list: boolean;
  }
  const views = new WeakMap<object, View>();
  const viewOf = (value: unknown): View | undefined =>
    (typeof value === 'object' && value !== null) || typeof value === 'function'
      ? views.get(value as object)
      : undefined;

  const make = (kind: XmlNode['kind'], name: string, text = ''): XmlNode => ({
    kind,
    name,
    text,
    attributes: [],
    children: [],
    parent: null,
  });
  const append = (parent: XmlNode, child: XmlNode, at = parent.children.length): void => {
    child.parent = parent;
    parent.children.splice(at, 0, child);
  };
  const copy = (node: XmlNode): XmlNode => {
    const twin = make(node.kind, node.name, node.text);
    for (const each of node.attributes) twin.attributes.push({ ...copy(each), parent: twin });
    for (const each of node.children) append(twin, copy(each));
    return twin;
  };
  const remove = (node: XmlNode): void => {
    const { parent } = node;
    if (parent === null) return;
    const among = node.kind === 'attribute' ? parent.attributes : parent.children;
    const at = among.indexOf(node);
    if (at >= 0) among.splice(at, 1);
    node.parent = null;
  };
  const elements = (node: XmlNode): XmlNode[] => node.children.filter((each) => each.kind === 'element');
  const isSimple = (node: XmlNode): boolean => node.kind !== 'element' || elements(node).length === 0;
  const textOf = (node: XmlNode): string =>
    node.kind === 'element' ? node.children.map(textOf).join('') : node.text;
  const setText = (node: XmlNode, text: string): void => {
    if (node.kind !== 'element') {
      node.text = text;
      return;
    }
    for (const child of node.children) child.parent = null;
    node.children = [];
    if (text !== '') append(node, make('text', '', text));
  };

  const escaped = (text: string): string =>
    text.replace(/[&<>]/g, (each) => (each === '&' ? '&amp;' : each === '<' ? '&lt;' : '&gt;'));
  const markup = (node: XmlNode): string => {
    if (node.kind !== 'element') return escaped(node.text);
    const names = node.attributes.map(
      (each) => ` ${each.name}="${escaped(each.text).replace(/"/g, '&quot;')}"`,
    );
    const inside = node.children.map(markup).join('');
    const head = `<${node.name}${names.join('')}`;
    return inside === '' ? `${head}/>` : `${head}>${inside}</${node.name}>`;
  };
  const stringOf = ({ nodes }: View): string =>
    nodes.every(isSimple) ? nodes.map(textOf).join('') : nodes.map(markup).join('\n');

  const named = (node: XmlNode, name: string): XmlNode[] => {
    if (node.kind !== 'element') return [];
    if (name.startsWith('@')) {
      const wanted = name.slice(1);
      return node.attributes.filter((each) => wanted === '*' || each.name === wanted);
    }
    return name === '*'
      ? [...node.children]
      : node.children.filter((each) => each.kind === 'element' && each.name === name);
  };
  const below = (node: XmlNode, name: string): XmlNode[] =>
    node.children.flatMap((each) => [
      ...(each.kind === 'element' && (name === '*' || each.name === name) ? [each] : []),
      ...below(each, name),
    ]);
  const child = (view: View, name: string): View => ({
    nodes: view.nodes.flatMap((node) => named(node, name)),
    from: { base: view, name },
    list: true,
  });

  /** The one element that a write means; made on the way where a list is empty. */
  const targetOf = (view: View): XmlNode => {
    const [only, ...more] = view.nodes;
    if (more.length > 0) throw new TypeError('Assignment to lists with more than one item is not supported');
    if (only !== undefined) return only;
    if (view.from === null) throw new TypeError('There is no element to write to');
    const parent = targetOf(view.from.base);
    const made = make('element', view.from.name);
    append(parent, made);
    view.nodes.push(made);
    return made;
  };

  const content = (value: unknown): XmlNode[] | string => {
    const view = viewOf(value);
    if (view === undefined) return value === undefined || value === null ? '' : String(value);
    if (view.nodes.every(isSimple) && view.nodes.every((each) => each.kind !== 'element'))
      return stringOf(view);
    return view.nodes.map(copy);
  };
  const fill = (node: XmlNode, value: XmlNode[] | string): void => {
    if (typeof value === 'string') setText(node, value);
    else {
      setText(node, '');
      for (const each of value) append(node, each);
    }
  };

  const put = (view: View, name: string, value: unknown): void => {
    const node = targetOf(view);
    if (name.startsWith('@')) {
      const [there] = named(node, name);
      if (there !== undefined) there.text = String(value);
      else node.attributes.push({ ...make('attribute', name.slice(1), String(value)), parent: node });
      return;
    }
    if (name === '*') {
      fill(node, content(value));
      return;
    }
    const [first, ...others] = named(node, name);
    for (const each of others) remove(each);
    const given = content(value);
    // Elements given by name replace those that are there; a text becomes the content of the first.
    if (typeof given !== 'string' && given.every((each) => each.kind === 'element' && each.name === name)) {
      const at = first === undefined ? node.children.length : node.children.indexOf(first);
      if (first !== undefined) remove(first);
      given.forEach((each, offset) => {
        append(node, each, at + offset);
      });
      return;
    }
    const made = first ?? make('element', name);
    if (first === undefined) append(node, made);
    fill(
      made,
      typeof given === 'string'
        ? given
        : given.flatMap((each) => (isSimple(each) ? each.children.map(copy) : [each])),
    );
  };
  const putAt = (view: View, at: number, value: unknown): void => {
    const node = view.nodes[at];
    if (node !== undefined) {
      const given = content(value);
      if (typeof given === 'string' || node.parent === null) fill(node, given);
      else {
        const { parent } = node;
        const place = parent.children.indexOf(node);
        remove(node);
        given.forEach((each, offset) => {
          append(parent, each, place + offset);
        });
        view.nodes.splice(at, 1, ...given);
      }
      return;
    }
    if (view.from === null) throw new TypeError('There is no element to write to');
    const parent = targetOf(view.from.base);
    const last = view.nodes[view.nodes.length - 1];
    const made = make('element', view.from.name);
    append(parent, made, last === undefined ? parent.children.length : parent.children.indexOf(last) + 1);
    fill(made, content(value));
    view.nodes.push(made);
  };

  const one = (view: View): XmlNode => {
    const [node] = view.nodes;
    if (node === undefined) throw new TypeError('The list of elements is empty');
    return node;
  };
  const shown = (nodes: XmlNode[], from: View['from'] = null): unknown =>
    proxied({ nodes, from, list: true });
  const single = (node: XmlNode): unknown => proxied({ nodes: [node], from: null, list: false });
  const place = (view: View, before: unknown, value: unknown, after: number): unknown => {
    const node = one(view);
    const anchor = viewOf(before)?.nodes[0];
    const at =
      anchor === undefined ? (after === 1 ? 0 : node.children.length) : node.children.indexOf(anchor) + after;
    const given = content(value);
    const nodes = typeof given === 'string' ? [make('text', '', given)] : given;
    nodes.forEach((each, offset) => {
      append(node, each, at + offset);
    });
    return single(node);
  };

  type Method = (view: View, args: readonly unknown[]) => unknown;
  const methods: Record<string, Method> = {
    toString: (view: View) => stringOf(view),
    valueOf: (view: View) => stringOf(view),
    toXMLString: (view) => view.nodes.map(markup).join('\n'),
    length: (view) => view.nodes.length,
    name: (view) => one(view).name,
    localName: (view) => one(view).name.replace(/^.*:/, ''),
    nodeKind: (view) => one(view).kind,
    children: (view) => shown(view.nodes.flatMap((node) => node.children)),
    child: (view, [name]) =>
      typeof name === 'number'
        ? shown(view.nodes.flatMap((node) => node.children.slice(name, name + 1)))
        : proxied(child(view, String(name))),
    elements: (view, [name = '*']) =>
      shown(
        view.nodes.flatMap((node) => named(node, String(name))).filter((each) => each.kind === 'element'),
      ),
    text: (view) => shown(view.nodes.flatMap((node) => node.children.filter((each) => each.kind === 'text'))),
    comments: () => shown([]),
    descendants: (view, [name = '*']) => shown(view.nodes.flatMap((node) => below(node, String(name)))),
    attribute: (view, [name]) => proxied(child(view, `@${String(name)}`)),
    attributes: (view) => shown(view.nodes.flatMap((node) => node.attributes)),
    parent: (view) => {
      const { parent } = one(view);
      return parent === null ? undefined : single(parent);
    },
    childIndex: (view) => {
      const node = one(view);
      return node.parent === null ? -1 : node.parent.children.indexOf(node);
    },
    copy: (view) => proxied({ nodes: view.nodes.map(copy), from: null, list: view.list }),
    appendChild: (view, [value]) => place(view, undefined, value, 0),
    prependChild: (view, [value]) => place(view, undefined, value, 1),
    insertChildAfter: (view, [anchor, value]) => place(view, anchor, value, 1),
    insertChildBefore: (view, [anchor, value]) => place(view, anchor, value, 0),
    hasSimpleContent: (view) => view.nodes.every(isSimple),
    hasComplexContent: (view) => !view.nodes.every(isSimple),
    contains: (view, [value]) => stringOf(view) === String(value),
    replace: (view, [name, value]) => {
      put(view, String(name), value);
      return proxied(view);
    },
    setName: (view, [name]) => {
      one(view).name = String(name);
    },
    setLocalName: (view, [name]) => {
      one(view).name = String(name);
    },
    setChildren: (view, [value]) => {
      fill(one(view), content(value));
      return proxied(view);
    },
    normalize: (view) => proxied(view),
  };
  const OF_TEXT = new Set(
    Object.getOwnPropertyNames(String.prototype).filter(
      (name) => name !== 'constructor' && name !== 'length',
    ),
  );
  const isIndex = (key: string): boolean => /^(0|[1-9]\d*)$/.test(key);

  function proxied(view: View, called?: (args: readonly unknown[]) => unknown): unknown {
    const target = called === undefined ? {} : () => undefined;
    const proxy: object = new Proxy(target, {
      apply: (_target, _self, args: unknown[]) => called?.(args),
      get(_target, key) {
        if (typeof key === 'symbol') {
          if (key === Symbol.toPrimitive) return () => stringOf(view);
          if (key === Symbol.iterator) return () => view.nodes.map(single)[Symbol.iterator]();
          return undefined;
        }
        if (isIndex(key)) {
          const node = view.nodes[Number(key)];
          // The one behind the last may be written to: msg['OBX'][2]['OBX.1'] = …
          if (node !== undefined) return single(node);
          return undefined;
        }
        if (key === 'toJSON') return () => stringOf(view);
        const inner = child(view, key);
        const method = Object.hasOwn(methods, key) ? methods[key] : undefined;
        if (method !== undefined) return proxied(inner, (args) => method(view, args));
        if (OF_TEXT.has(key)) {
          return proxied(inner, (args) => {
            const text = stringOf(view) as unknown as Record<
              string,
              (...given: readonly unknown[]) => unknown
            >;
            return text[key]?.(...args);
          });
        }
        return proxied(inner);
      },
      set(_target, key, value) {
        if (typeof key === 'symbol') return false;
        if (isIndex(key)) putAt(view, Number(key), value);
        else put(view, key, value);
        return true;
      },
      has: (_target, key) =>
        typeof key === 'string' &&
        (isIndex(key) ? Number(key) < view.nodes.length : child(view, key).nodes.length > 0),
      deleteProperty(_target, key) {
        if (typeof key === 'symbol') return false;
        if (isIndex(key)) {
          const node = view.nodes[Number(key)];
          if (node !== undefined) {
            remove(node);
            view.nodes.splice(Number(key), 1);
          }
        } else for (const node of child(view, key).nodes) remove(node);
        return true;
      },
      ownKeys: () => view.nodes.map((_, index) => String(index)),
      getOwnPropertyDescriptor: (_target, key) =>
        typeof key === 'string' && isIndex(key) && Number(key) < view.nodes.length
          ? {
              configurable: true,
              enumerable: true,
              writable: true,
              value: single(view.nodes[Number(key)] as XmlNode),
            }
          : undefined,
      getPrototypeOf: () => null,
    });
    views.set(proxy, view);
    return proxy;
  }

  /** Elements, attributes and texts; no DTD and no entities but the five. */
  function readXml(text: string): unknown {
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
    while (at < text.length) {
      token.lastIndex = at;
      const found = token.exec(text);
      if (found === null) throw new SyntaxError(`the XML cannot be read at character ${at + 1}`);
      at = token.lastIndex;
      const [, cdata, closes, opens, attributes, empty, words] = found;
      const top = stack[stack.length - 1];
      if (cdata !== undefined) {
        if (top !== undefined) append(top, make('text', '', cdata));
      } else if (closes !== undefined) {
        if (stack.pop()?.name !== closes)
          throw new SyntaxError(`the XML closes ${closes}, which is not open`);
      } else if (opens !== undefined) {
        const node = make('element', opens);
        for (const [, name = '', , value = '', other = ''] of (attributes ?? '').matchAll(
          /([^\s=]+)\s*=\s*("([^"]*)"|'([^']*)')/g,
        ))
          node.attributes.push({
            ...make('attribute', name, plain(value === '' ? other : value)),
            parent: node,
          });
        if (top !== undefined) append(top, node);
        else if (root !== undefined) throw new SyntaxError('the XML has two roots');
        else root = node;
        if (empty === '') stack.push(node);
      } else if (words !== undefined && top !== undefined && words.trim() !== '')
        append(top, make('text', '', plain(words)));
    }
    if (root === undefined || stack.length > 0) throw new SyntaxError('the XML ends too early');
    return single(root);
  }

  world.readXml = readXml;
  world.isXml = (value) => viewOf(value) !== undefined;
  world.element = (name) => single(make('element', name));
  world.nodesOf = (value) => viewOf(value)?.nodes ?? [];
  world.node = (name, text) => {
    const node = make('element', name);
    if (text !== undefined && text !== '') append(node, make('text', '', text));
    return node;
  };
  world.view = single;
  world.list = (nodes) => shown([...nodes]);
}
