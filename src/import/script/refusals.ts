/** What a script asks for that it would not find in the sandbox: each with its line, the reason and what to do. */
import { childrenOf, lineOf, type Node, type Parsed } from './parse.ts';

export interface Refusal {
  /** From 1, within the script. */
  readonly line: number;
  readonly reason: string;
  readonly fix: string;
}

const JAVA: readonly [string, string] = [
  'calls Java',
  'Write it in JavaScript; texts, dates, patterns and JSON need no Java. What reads files or the network becomes a step of the flow.',
];
const KEPT: readonly [string, string] = [
  'keeps a value from one message to the next',
  'Put what is fixed into the flow or a value set map; what changes belongs in the application.',
];
const HELPERS: readonly [string, string] = [
  'uses a class of Mirth that there is not here',
  'Write it in JavaScript, or as a step of the flow.',
];
const ATTACHMENTS: readonly [string, string] = [
  'reads or makes attachments',
  'Suture keeps the whole message; read the field in a map, or send it with a step of its own.',
];
const RESPONSES: readonly [string, string] = [
  'reads or makes the response of a destination',
  'Read what a step gave by its id in a later step of the same flow; the sender is answered when the message is kept.',
];

const REFUSED: Readonly<Record<string, readonly [string, string]>> = {
  ...Object.fromEntries(
    [
      'Packages',
      'java',
      'javax',
      'org',
      'com',
      'net',
      'edu',
      'importPackage',
      'importClass',
      'JavaAdapter',
      'JavaImporter',
      'Java',
    ].map((name) => [name, JAVA]),
  ),
  ...Object.fromEntries(['globalMap', 'globalChannelMap', '$g', '$gc'].map((name) => [name, KEPT])),
  ...Object.fromEntries(
    [
      'addAttachment',
      'getAttachment',
      'getAttachments',
      'getAttachmentIds',
      'updateAttachment',
      'AttachmentUtil',
      'Attachment',
    ].map((name) => [name, ATTACHMENTS]),
  ),
  ...Object.fromEntries(
    [
      'responseMap',
      '$r',
      'response',
      'responseStatus',
      'responseStatusMessage',
      'responseErrorMessage',
      'Response',
      'ResponseFactory',
      'Status',
      'ResponseStatus',
      'SENT',
      'QUEUED',
      'ERROR',
      'FILTERED',
    ].map((name) => [name, RESPONSES]),
  ),
  ...Object.fromEntries(
    [
      'FileUtil',
      'HTTPUtil',
      'SMTPConnectionFactory',
      'UUIDGenerator',
      'ServerUUIDGenerator',
      'DICOMUtil',
      'NCPDPUtil',
      'SerializerFactory',
      'XmlUtil',
      'JsonUtil',
      'Lists',
      'Maps',
      'MapUtil',
      'ContextFactory',
      'contextFactory',
      'connectorMessage',
      'ImmutableMessage',
      'ChannelUtil',
      'AlertSender',
      'alerts',
      'HashUtil',
      'PropertiesConfigurationUtil',
      'RawMessage',
      'Future',
      'EncryptionUtil',
      'AuthenticationResult',
      'replacer',
      'TemplateValueReplacer',
    ].map((name) => [name, HELPERS]),
  ),
  DatabaseConnectionFactory: [
    'reads or writes a database',
    'Suture has no database connector yet: let the application read or write it, behind a webhook.',
  ],
  DatabaseConnection: [
    'reads or writes a database',
    'Suture has no database connector yet: let the application read or write it, behind a webhook.',
  ],
  router: [
    'hands the message to another channel',
    'Give the other channel’s flow the same trigger, with a filter that says when.',
  ],
  VMRouter: [
    'hands the message to another channel',
    'Give the other channel’s flow the same trigger, with a filter that says when.',
  ],
  RouterUtil: [
    'hands the message to another channel',
    'Give the other channel’s flow the same trigger, with a filter that says when.',
  ],
};

/** What JavaScript itself and the sandbox’s shim offer. */
const OFFERED = new Set(
  (
    'undefined NaN Infinity Object Array String Number Boolean Math Date RegExp JSON Error TypeError RangeError SyntaxError EvalError URIError ReferenceError Symbol Map Set WeakMap WeakSet Promise Proxy Reflect BigInt ' +
    'parseInt parseFloat isNaN isFinite encodeURIComponent decodeURIComponent encodeURI decodeURI escape unescape globalThis arguments Function Uint8Array ArrayBuffer DataView ' +
    'msg tmp message logger channelMap connectorMap sourceMap configurationMap $ $c $co $s $cfg validate DateUtil createSegment createSegmentAfter getArrayOrXmlLength destinationSet XML XMLList mirth channelId channelName'
  ).split(' '),
);

/** What is used of them, for what the importer must provide. */
export interface Uses {
  readonly refusals: readonly Refusal[];
  /** Names that the script takes from outside: code templates among them. */
  readonly free: ReadonlySet<string>;
  /** Names that it defines or writes. */
  readonly defined: ReadonlySet<string>;
  /** Keys of the configuration map. */
  readonly configuration: ReadonlySet<string>;
  /** It changes the message that it was given. */
  readonly writes: boolean;
  /** It reads the time. */
  readonly readsTime: boolean;
}

export function usesOf({ body, text }: Parsed): Uses {
  const defined = new Set<string>();
  const free = new Map<string, number>();
  const refusals: Refusal[] = [];
  const configuration = new Set<string>();
  let writes = false;
  let readsTime = false;
  const refuse = (node: Node, [reason, fix]: readonly [string, string]): void => {
    refusals.push({ line: lineOf(text, node.start), reason, fix });
  };

  const define = (pattern: Node | null | undefined): void => {
    if (pattern === null || pattern === undefined) return;
    if (pattern.type === 'Identifier') defined.add(pattern.name as string);
    else if (pattern.type === 'MemberExpression') return;
    else for (const each of childrenOf(pattern)) define(each);
  };
  const rootOf = (node: Node): string | undefined => {
    let at = node;
    while (at.type === 'MemberExpression' || at.type === 'XmlDescendants' || at.type === 'CallExpression')
      at = (at.object ?? at.callee) as Node;
    return at.type === 'Identifier' ? (at.name as string) : undefined;
  };

  function visit(node: Node): void {
    switch (node.type) {
      case 'XmlFilter':
        refuse(node, [
          'filters elements with .( )',
          'Write a loop with an if: for each (var x in list) if (…) …',
        ]);
        break;
      case 'XmlNamespace':
        refuse(node, ['sets an XML namespace', 'Leave namespaces out of names, or strip them before.']);
        break;
      case 'WithStatement':
        refuse(node, ['uses with, whose names cannot be known', 'Name the object at each use.']);
        break;
      case 'ImportExpression':
        refuse(node, ['imports a module', 'Write what it needs into the script.']);
        break;
      case 'VariableDeclarator':
        define(node.id as Node);
        if (node.init !== null) visit(node.init as Node);
        return;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        define(node.id as Node | null);
        for (const each of node.params as Node[]) define(each);
        visit(node.body as Node);
        return;
      case 'ClassDeclaration':
        define(node.id as Node);
        break;
      case 'CatchClause':
        define(node.param as Node | null);
        break;
      case 'ForInStatement':
      case 'ForOfStatement':
        if ((node.left as Node).type === 'Identifier') define(node.left as Node);
        break;
      case 'AssignmentExpression': {
        const left = node.left as Node;
        const root = rootOf(left);
        if (root === 'msg' || root === 'tmp' || root === undefined) writes = true;
        else if (left.type === 'MemberExpression' && !defined.has(root)) writes = true;
        if (left.type === 'Identifier') define(left);
        break;
      }
      case 'UpdateExpression':
        if (rootOf(node.argument as Node) === 'msg') writes = true;
        break;
      case 'UnaryExpression':
        if (node.operator === 'delete') writes = true;
        break;
      case 'NewExpression':
        if ((node.callee as Node).name === 'Date' && (node.arguments as Node[]).length === 0)
          readsTime = true;
        if ((node.arguments as Node[]).some((each) => rootOf(each) === 'msg' && each.type === 'Identifier'))
          writes = true;
        break;
      case 'CallExpression':
        call(node);
        break;
      case 'Identifier':
        free.set(node.name as string, Math.min(node.start, free.get(node.name as string) ?? node.start));
        return;
      case 'LabeledStatement':
        visit(node.body as Node);
        return;
      case 'BreakStatement':
      case 'ContinueStatement':
        return;
      case 'Property':
      case 'PropertyDefinition':
      case 'MethodDefinition':
        if (node.computed) visit(node.key as Node);
        visit(node.value as Node);
        return;
      case 'MemberExpression':
        visit(node.object as Node);
        if (node.computed) visit(node.property as Node);
        return;
    }
    for (const each of childrenOf(node)) visit(each);
  }

  function call(node: Node): void {
    const callee = node.callee as Node;
    const given = node.arguments as Node[];
    const [first] = given;
    const method =
      callee.type === 'MemberExpression' ? ((callee.property as Node).name as string) : undefined;
    // A function that is given the message, or a part of it, may change it.
    const pure =
      callee.type === 'Identifier' &&
      /^(String|Number|parseInt|parseFloat|\$\w*|validate|isNaN|Boolean|getArrayOrXmlLength)$/.test(
        callee.name as string,
      );
    const reads =
      method !== undefined &&
      /^(put|get|info|debug|warn|error|trace|stringify|push|indexOf|concat|test|exec|match|replace|convertDate)$/.test(
        method,
      );
    if (!pure && !reads && given.some((each) => rootOf(each) === 'msg' || rootOf(each) === 'tmp'))
      writes = true;
    if (
      /^(appendChild|prependChild|insertChildAfter|insertChildBefore|replace|setName|setChildren|setLocalName)$/.test(
        method ?? '',
      ) &&
      method !== 'replace'
    )
      writes = true;
    const root =
      callee.type === 'MemberExpression' ? ((callee.object as Node).name as string) : (callee.name as string);
    if (
      (root === 'configurationMap' && method === 'get') ||
      (callee.type === 'Identifier' && root === '$cfg')
    ) {
      if (first?.type === 'Literal') configuration.add(String(first.value));
      else
        refuse(node, [
          'reads the configuration map by a computed key',
          'Name the key, or put the values into the flow.',
        ]);
    }
    if (callee.type === 'MemberExpression' && root === 'DateUtil' && method === 'getCurrentDate')
      readsTime = true;
    if (callee.type === 'MemberExpression' && root === 'Date' && method === 'now') readsTime = true;
    if (root === 'Math' && method === 'random')
      refuse(node, [
        'wants chance, which would give another value at every attempt',
        'Derive it from the message: its control id is unique.',
      ]);
    if (callee.type === 'Identifier' && root === 'eval')
      refuse(node, ['makes code of a text', 'Write the code itself.']);
    if (callee.type === 'Identifier' && root === 'load')
      refuse(node, ['loads a script from a file', 'Put its functions into the script.']);
  }

  for (const node of body) visit(node);
  const outside = new Set<string>();
  for (const [name, at] of free) {
    if (defined.has(name)) continue;
    const why = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined;
    if (why !== undefined)
      refusals.push({ line: lineOf(text, at), reason: `${why[0]} (${name})`, fix: why[1] });
    else if (!OFFERED.has(name)) outside.add(name);
  }
  return {
    refusals: refusals.sort((a, b) => a.line - b.line),
    free: outside,
    defined,
    configuration,
    writes,
    readsTime,
  };
}
