/** What a connector of Mirth becomes: a connection of the site record, what starts the flow, what its last step does. */
import type { FieldRule } from '../../flow/index.ts';

/** A connection as it stands in site.yaml. */
export type ConnectionRecord = Readonly<Record<string, unknown>>;

/** How texts of columns and rows are written. */
export interface Delimited {
  readonly delimiter: string;
  readonly quote: string;
  /** Names of the columns; behind the last one they are numbered. */
  readonly columns: readonly string[];
}

/** What a flow begins with, and how its scripts see it. */
export interface Arrival {
  readonly trigger: 'hl7' | 'webhook' | 'file' | 'schedule';
  /** The data type of the source transformer. */
  readonly inbound: string;
  /**
   * It comes as one row in JSON, and Mirth’s scripts saw it as XML: `<result>` of a database, a list of them, or the `<row>`
   * of a file.
   */
  readonly row?: 'result' | 'results' | 'row';
  /** Of a schedule. */
  readonly cron?: string;
}

export interface SourceMade {
  /** Undefined where it is another channel. */
  readonly connection?: ConnectionRecord;
  readonly trigger: Arrival['trigger'] | 'other channel';
  readonly row?: Arrival['row'];
  readonly cron?: string;
  /** Its flows cannot run before somebody worked on the connection. */
  readonly unready?: boolean;
}

/** What the last step of a flow does; the text that is sent is the template’s. */
export interface DestinationMade {
  readonly connection?: ConnectionRecord;
  readonly kind: 'send' | 'nothing' | 'script' | 'other channel' | 'unknown';
  readonly do?: 'send' | 'update' | 'find';
  readonly method?: 'PATCH';
  /** `${message.encodedData}` unless the channel says otherwise. */
  readonly template: string;
  /** For another channel: its id. */
  readonly channel?: string;
  /** The other side takes HL7 as it is, or JSON. */
  readonly takes: 'hl7' | 'json' | 'anything';
  /** It sends what the connector cannot yet: it would be refused. */
  readonly unready?: boolean;
  /** Variables that are sent by name: what SQL has as `${mrn}`. */
  readonly fields?: readonly string[];
  /** Of an e-mail: each a value, or a template. */
  readonly mail?: Mail;
}

export interface Mail {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly replyTo: string;
  readonly subject: string;
  readonly isHtml: boolean;
}

/** Values of the configuration map, by key, as the environment gives them here. */
export type Configured = (key: string) => string | undefined;

/** Keeps a text of the export beside the project, and gives the file’s name: `import/sql/orders.sql`. */
export type Leave = (folder: 'scripts' | 'sql' | 'templates', what: string, text: string) => string;

export interface Making {
  readonly configured: Configured;
  readonly leave: Leave;
  /** For addresses that nobody gave: `orders-from-clinic-log`. */
  readonly name: string;
  /** The site’s name. */
  readonly site: string;
}

export type Arguments = Record<string, FieldRule>;

/** An address that leads nowhere: names below .invalid are never given. */
export const notSet = (name: string): string => `https://not-set.invalid/${name}`;

/** Where nothing here can reach what Mirth reached: the application is called, once its address is there. */
export const standIn = (name: string): ConnectionRecord => ({
  connector: 'webhook',
  url: notSet(name),
  secret: '',
});

/** Where nothing here can take what Mirth took: the application calls with it. */
export const calledInstead: ConnectionRecord = { connector: 'webhook', secret: '', accepts: true };

/** It takes messages or files whether or not a flow wants them. */
export const isDoor = (record: ConnectionRecord): boolean =>
  'listen' in record || 'take' in record || record.accepts === true;
