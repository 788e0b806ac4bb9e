/** A Mirth Connect export as the importer sees it, whatever version wrote it. Every part knows its line. */
import type { XmlElement } from '../xml/element.ts';

/** JavaScript as it stands in the export. */
export interface Script {
  readonly text: string;
  /** The line of its first line in the export. */
  readonly line: number;
  /** The export names a file that holds it, as tools that keep channels in folders write them. */
  readonly elsewhere?: string;
}

interface ElementBase {
  readonly name: string;
  readonly line: number;
  readonly enabled: boolean;
}

export type RuleTest = 'EXISTS' | 'NOT_EXIST' | 'EQUALS' | 'NOT_EQUAL' | 'CONTAINS' | 'NOT_CONTAIN';

/** A question of a rule builder: its field and values are expressions of JavaScript. */
export interface BuiltRule {
  readonly field: Script;
  readonly test: RuleTest;
  readonly values: readonly Script[];
}

export type Rule = ElementBase & {
  /** How it joins what stands before it. */
  readonly operator: 'AND' | 'OR';
} & (
    | ({ readonly kind: 'built' } & BuiltRule)
    | { readonly kind: 'script'; readonly script: Script }
    | { readonly kind: 'external'; readonly path: string }
    | { readonly kind: 'iterator'; readonly target: Script; readonly children: readonly Rule[] }
    | { readonly kind: 'unknown'; readonly type: string }
  );

export type Replacement = readonly [pattern: string, replacement: string];

export type Scope = 'CHANNEL' | 'CONNECTOR' | 'GLOBAL' | 'GLOBAL_CHANNEL' | 'RESPONSE' | 'SOURCE';

export type Step = ElementBase &
  (
    | {
        readonly kind: 'mapper';
        readonly variable: string;
        readonly mapping: Script;
        readonly fallback: string;
        readonly replacements: readonly Replacement[];
        readonly scope: Scope;
      }
    | {
        readonly kind: 'builder';
        readonly segment: Script;
        readonly mapping: Script;
        readonly fallback: string;
        readonly replacements: readonly Replacement[];
      }
    | { readonly kind: 'script'; readonly script: Script }
    | { readonly kind: 'external'; readonly path: string }
    | { readonly kind: 'xslt'; readonly template: Script }
    | {
        readonly kind: 'iterator';
        readonly target: Script;
        readonly index: string;
        readonly children: readonly Step[];
      }
    | ({
        readonly kind: 'destination set';
        readonly behavior: 'REMOVE' | 'REMOVE_ALL_EXCEPT' | 'REMOVE_ALL';
        readonly destinations: readonly number[];
      } & BuiltRule)
    | { readonly kind: 'unknown'; readonly type: string }
  );

export interface Transformer {
  readonly steps: readonly Step[];
  readonly inbound: DataType;
  readonly outbound: DataType;
  /** The message that is filled in as `tmp`; empty when there is none. */
  readonly template: string;
  readonly line: number;
}

export interface DataType {
  /** `HL7V2`, `XML`, `JSON`, `RAW`, `DELIMITED` ... */
  readonly name: string;
  readonly properties: XmlElement | undefined;
}

export interface Connector {
  readonly id: number;
  readonly name: string;
  /** `TCP Listener`, `HTTP Sender` ... */
  readonly transport: string;
  /** The class of its properties, without its package: `TcpReceiverProperties`. Only ever compared, never made. */
  readonly type: string;
  readonly properties: XmlElement;
  readonly enabled: boolean;
  readonly waitForPrevious: boolean;
  readonly filter: readonly Rule[];
  readonly transformer: Transformer;
  readonly response: Transformer | undefined;
  readonly line: number;
}

export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly about: string;
  readonly version: string;
  readonly enabled: boolean;
  readonly source: Connector;
  readonly destinations: readonly Connector[];
  readonly preprocessor: Script;
  readonly postprocessor: Script;
  readonly deploy: Script;
  readonly undeploy: Script;
  readonly attachments: string;
  readonly metaData: readonly string[];
  readonly initialState: string;
  readonly timeZone: string | undefined;
  readonly tags: readonly string[];
  /** The group that it stands in. */
  readonly group: string | undefined;
  /** Channels that this one needs to run first, by id. */
  readonly dependsOn: readonly string[];
  readonly file: string;
  readonly line: number;
}

export interface CodeTemplate {
  readonly name: string;
  readonly library: string;
  readonly type: 'FUNCTION' | 'DRAG_AND_DROP_CODE' | 'COMPILED_CODE' | string;
  readonly script: Script;
  /** Ids of channels that see it; `null`: new and all channels. */
  readonly channels: ReadonlySet<string> | null;
  readonly file: string;
  readonly line: number;
}

/** A part of an export that has no counterpart here and is only told of. */
export interface Beside {
  readonly what:
    | 'alert'
    | 'global script'
    | 'resource'
    | 'server setting'
    | 'lookup table'
    | 'user'
    | 'plugin';
  readonly name: string;
  readonly script?: Script;
  readonly file: string;
  readonly line: number;
}

export interface MirthExport {
  readonly channels: readonly Channel[];
  readonly templates: readonly CodeTemplate[];
  /** The configuration map: key, value, comment. Values may be secrets and are never shown. */
  readonly configuration: ReadonlyMap<
    string,
    { readonly value: string; readonly file: string; readonly line: number }
  >;
  readonly groups: ReadonlyMap<string, string>;
  readonly beside: readonly Beside[];
  readonly serverName: string | undefined;
}
