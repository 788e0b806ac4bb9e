/**
 * Reads exports: a channel, a list or a group of channels, a code template or a library, the configuration map, global
 * scripts, a backup of the server’s configuration. Data alone: no class that an export names is ever made.
 */
import { child, entriesOf, isTrue, textAt, textsOf, within, type XmlElement } from '../xml/element.ts';
import type { Beside, Channel, CodeTemplate, Connector, MirthExport } from './export.ts';
import { readFilter, readTransformer, scriptOf, shortName } from './read-elements.ts';
import { cleaned } from './secrets.ts';

interface Collected {
  readonly channels: Channel[];
  readonly templates: CodeTemplate[];
  readonly configuration: Map<
    string,
    { readonly value: string; readonly file: string; readonly line: number }
  >;
  readonly groups: Map<string, string>;
  readonly tags: Map<string, string[]>;
  readonly dependencies: Map<string, string[]>;
  readonly beside: Beside[];
  serverName: string | undefined;
}

/** Puts the documents together: what a backup says of a channel (tags, dependencies, group) is the channel’s. */
export function readExport(
  documents: readonly { readonly file: string; readonly root: XmlElement }[],
): MirthExport {
  const all: Collected = {
    channels: [],
    templates: [],
    configuration: new Map(),
    groups: new Map(),
    tags: new Map(),
    dependencies: new Map(),
    beside: [],
    serverName: undefined,
  };
  // Nothing behind this line knows a secret.
  for (const { file, root } of documents) readAny(cleaned(root), file, all);
  const channels = [
    ...new Map(all.channels.map((each) => [each.id || `${each.file}:${each.line}`, each])).values(),
  ];
  return {
    channels: channels.map((each) => ({
      ...each,
      group: all.groups.get(each.id),
      tags: [...new Set([...each.tags, ...(all.tags.get(each.id) ?? [])])],
      dependsOn: [...new Set([...each.dependsOn, ...(all.dependencies.get(each.id) ?? [])])],
    })),
    templates: all.templates,
    configuration: all.configuration,
    groups: all.groups,
    beside: all.beside,
    serverName: all.serverName,
  };
}

function readAny(element: XmlElement, file: string, all: Collected): void {
  switch (element.name) {
    case 'channel':
      readChannel(element, file, all);
      return;
    case 'channelGroup':
      for (const channel of child(element, 'channels')?.children ?? []) {
        all.groups.set(textAt(channel, 'id'), textAt(element, 'name'));
        readAny(channel, file, all);
      }
      return;
    case 'codeTemplateLibrary':
      readLibrary(element, file, all);
      return;
    case 'codeTemplate':
      readTemplate(element, file, '', null, all);
      return;
    case 'serverConfiguration':
      readBackup(element, file, all);
      return;
    case 'alertModel':
      all.beside.push({ what: 'alert', name: textAt(element, 'name'), file, line: element.line });
      return;
    case 'map':
      readMap(element, file, all);
      return;
    // A list as the administrator and the API write it: of channels, groups, libraries, templates.
    default:
      if (
        /^(list|set|linked-list|linked-hash-set|channels|channelGroups|codeTemplateLibraries|codeTemplates)$/.test(
          element.name,
        )
      )
        for (const each of element.children) readAny(each, file, all);
  }
}

function readBackup(root: XmlElement, file: string, all: Collected): void {
  for (const list of ['channelGroups', 'channels', 'codeTemplateLibraries', 'codeTemplates', 'alerts'])
    for (const each of child(root, list)?.children ?? []) readAny(each, file, all);
  for (const tag of child(root, 'channelTags')?.children ?? []) readTag(tag, all);
  for (const each of child(root, 'channelDependencies')?.children ?? [])
    note(all.dependencies, textAt(each, 'dependentId'), textAt(each, 'dependencyId'));
  readMap(child(root, 'configurationMap'), file, all);
  readMap(child(root, 'globalScripts'), file, all);
  for (const resource of child(root, 'resourceProperties')?.children.flatMap(({ children }) => children) ??
    []) {
    const name = textAt(resource, 'name');
    if (name !== '' && name !== '[Default Resource]')
      all.beside.push({ what: 'resource', name, file, line: resource.line });
  }
  // People are asked in anew: what a backup has of them is no account here.
  const users = child(root, 'users');
  if (users !== undefined && users.children.length > 0)
    all.beside.push({ what: 'user', name: `${users.children.length} users`, file, line: users.line });
  const settings = child(root, 'serverSettings');
  if (settings !== undefined && settings.children.length > 0)
    all.beside.push({ what: 'server setting', name: 'server settings', file, line: settings.line });
  const plugins = child(root, 'pluginProperties');
  for (const [name] of entriesOf(plugins))
    all.beside.push({ what: 'plugin', name, file, line: plugins?.line ?? root.line });
  all.serverName = textAt(root, 'serverSettings', 'serverName') || all.serverName;
}

const GLOBAL_SCRIPTS: readonly string[] = ['Preprocessor', 'Postprocessor', 'Deploy', 'Undeploy'];

/** The configuration map and the global scripts are both maps of a text to something. */
function readMap(map: XmlElement | undefined, file: string, all: Collected): void {
  for (const [key, value] of entriesOf(map)) {
    if (shortName(value.name) === 'ConfigurationProperty')
      all.configuration.set(key, { value: textAt(value, 'value'), file, line: value.line });
    else if (GLOBAL_SCRIPTS.includes(key))
      all.beside.push({ what: 'global script', name: key, script: scriptOf(value), file, line: value.line });
  }
}

function readTag(tag: XmlElement, all: Collected): void {
  for (const id of textsOf(child(tag, 'channelIds'), 'string'))
    note(all.tags, id.trim(), textAt(tag, 'name'));
}

function note(map: Map<string, string[]>, key: string, value: string): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function readLibrary(library: XmlElement, file: string, all: Collected): void {
  const ids = textsOf(child(library, 'enabledChannelIds'), 'string').map((id) => id.trim());
  const channels = isTrue(library, 'includeNewChannels') ? null : new Set(ids);
  for (const each of child(library, 'codeTemplates')?.children ?? [])
    readTemplate(each, file, textAt(library, 'name'), channels, all);
}

function readTemplate(
  template: XmlElement,
  file: string,
  library: string,
  channels: ReadonlySet<string> | null,
  all: Collected,
): void {
  const properties = child(template, 'properties');
  // Before 3.5 code and type stood beside the name.
  const code = child(properties, 'code') ?? child(template, 'code');
  if (code === undefined) return;
  const name = textAt(template, 'name');
  if (all.templates.some((each) => each.name === name && each.script.text === code.text)) return;
  const type = textAt(properties, 'type') || textAt(template, 'type') || 'FUNCTION';
  all.templates.push({ name, library, type, script: scriptOf(code), channels, file, line: template.line });
}

function readChannel(element: XmlElement, file: string, all: Collected): void {
  const exported = child(element, 'exportData');
  const libraries = child(element, 'codeTemplateLibraries') ?? child(exported, 'codeTemplateLibraries');
  for (const each of libraries?.children ?? []) readAny(each, file, all);
  for (const tag of child(exported, 'channelTags')?.children ?? []) readTag(tag, all);
  const source = child(element, 'sourceConnector');
  // A group names its channels by id alone.
  if (source === undefined) return;
  const properties = child(element, 'properties');
  const metadata = child(exported, 'metadata');
  const enabled = child(metadata, 'enabled') ?? child(element, 'enabled');
  all.channels.push({
    id: textAt(element, 'id'),
    name: textAt(element, 'name') || 'channel',
    about: textAt(element, 'description'),
    version: element.attributes.version ?? textAt(element, 'version'),
    enabled: enabled === undefined || enabled.text.trim() !== 'false',
    source: readConnector(source),
    destinations: (child(element, 'destinationConnectors')?.children ?? [])
      .filter(({ name }) => name === 'connector')
      .map(readConnector),
    preprocessor: scriptOf(child(element, 'preprocessingScript')),
    postprocessor: scriptOf(child(element, 'postprocessingScript')),
    deploy: scriptOf(child(element, 'deployScript')),
    // Called shutdownScript before 3.3.
    undeploy: scriptOf(child(element, 'undeployScript') ?? child(element, 'shutdownScript')),
    attachments: textAt(properties, 'attachmentProperties', 'type') || 'None',
    metaData: (within(properties, 'metaDataColumns')?.children ?? []).map((each) => textAt(each, 'name')),
    initialState: textAt(properties, 'initialState') || 'STARTED',
    timeZone:
      textAt(metadata, 'lastModified', 'timezone') ||
      textAt(element, 'lastModified', 'timezone') ||
      undefined,
    group: undefined,
    tags: textsOf(child(properties, 'tags'), 'string').map((tag) => tag.trim()),
    dependsOn: textsOf(child(exported, 'dependencyIds'), 'string').map((id) => id.trim()),
    file,
    line: element.line,
  });
}

function readConnector(element: XmlElement): Connector {
  const properties = child(element, 'properties') ?? {
    name: 'properties',
    attributes: {},
    children: [],
    text: '',
    line: element.line,
    textLine: element.line,
  };
  const response = child(element, 'responseTransformer');
  return {
    id: Number(textAt(element, 'metaDataId') || '0'),
    name: textAt(element, 'name'),
    transport: textAt(element, 'transportName'),
    type: shortName(properties.attributes.class ?? '') || typeOf(textAt(element, 'transportName')),
    properties: inLaterWords(properties),
    enabled: child(element, 'enabled') === undefined || isTrue(element, 'enabled'),
    waitForPrevious: isTrue(element, 'waitForPrevious'),
    filter: readFilter(child(element, 'filter')),
    transformer: readTransformer(child(element, 'transformer')),
    response: response === undefined ? undefined : readTransformer(response),
    line: element.line,
  };
}

/** 3.0 to 3.2 had other names for what is about answers and queues. */
const LATER_WORDS: Readonly<Record<string, string>> = {
  responseConnectorProperties: 'sourceConnectorProperties',
  queueConnectorProperties: 'destinationConnectorProperties',
};

function inLaterWords(properties: XmlElement): XmlElement {
  const later = (name: string): string | undefined =>
    Object.hasOwn(LATER_WORDS, name) ? LATER_WORDS[name] : undefined;
  if (!properties.children.some(({ name }) => later(name) !== undefined)) return properties;
  const children = properties.children.map((each) => ({ ...each, name: later(each.name) ?? each.name }));
  return { ...properties, children };
}

/** Exports that tools and people wrote leave the class out; the connector’s name says it, too. */
const TYPES: Readonly<Record<string, string>> = {
  'TCP Listener': 'TcpReceiver',
  'TCP Sender': 'TcpDispatcher',
  'HTTP Listener': 'HttpReceiver',
  'HTTP Sender': 'HttpDispatcher',
  'File Reader': 'FileReceiver',
  'File Writer': 'FileDispatcher',
  'Channel Reader': 'VmReceiver',
  'Channel Writer': 'VmDispatcher',
  'Database Reader': 'DatabaseReceiver',
  'Database Writer': 'DatabaseDispatcher',
  'JavaScript Reader': 'JavaScriptReceiver',
  'JavaScript Writer': 'JavaScriptDispatcher',
  'SMTP Sender': 'SmtpDispatcher',
};
const typeOf = (transport: string): string =>
  Object.hasOwn(TYPES, transport) ? `${TYPES[transport]}Properties` : '';
