/** What was deployed: contents of files by their hash, and a row for each deployment, which says who made what run when. */
import type { Json } from '../std/index.ts';
import type { AuditEntry } from './appending.ts';

export interface Content {
  /** SHA-256 of the bytes, base64url. */
  readonly hash: string;
  readonly bytes: Uint8Array;
}

export interface Deployment {
  /** A number that grows: `7`. What people call a version of the project. */
  readonly id: string;
  /** `asked`: waits for a second person. `deployed`: ran or runs; the newest of these is what runs. */
  readonly state: 'asked' | 'deployed' | 'refused';
  /** Hash of the root of the project's contents. */
  readonly root: string;
  /** The deployment that ran when it was asked for; `null`: there was none. */
  readonly after: string | null;
  readonly who: string;
  readonly at: number;
  readonly note: string;
  /** Who approved or refused it; `null` when nobody had to, or has. */
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  /** What it is about, for people and for the engine: sites, flows and their versions, changes in words. Without patient data. */
  readonly facts: Json;
}

export interface PutDeployment {
  /** Without an id: a new one. With one: it is decided, and must still be `asked`. */
  readonly deployment: Omit<Deployment, 'id'> & { readonly id?: string };
  readonly audit: AuditEntry;
}

export interface DeploymentQuery {
  readonly state?: Deployment['state'];
  /** Those before this id; the newest come first. */
  readonly before?: string;
  readonly limit: number;
}

export interface Deployments {
  /** Sealed. What is kept already is left as it is. */
  putContent(content: readonly Content[]): Promise<void>;
  content(hash: string): Promise<Uint8Array | null>;
  /** Which of these are not kept. */
  lacking(hashes: readonly string[]): Promise<readonly string[]>;
  /** Hashes of what is kept, in their order, behind `after`. */
  contents(query: { readonly after?: string; readonly limit: number }): Promise<readonly string[]>;
  /** These are kept no more; gives how many were. Whoever asks has seen to it that no deployment needs them. */
  dropContent(hashes: readonly string[]): Promise<number>;
  /**
   * The row and its audit entry in one transaction; gives its id. `null`, and nothing is changed: what runs is no longer what
   * `after` says, or it was decided already. An entry of the trail is `on` the deployment whose id stands for `#`.
   */
  putDeployment(request: PutDeployment): Promise<string | null>;
  deployments(query: DeploymentQuery): Promise<readonly Deployment[]>;
  deployment(id: string): Promise<Deployment | null>;
}

/** As a database gives it back. */
export interface DeploymentRow {
  readonly id: number;
  readonly state: Deployment['state'];
  readonly root: string;
  readonly after: number | null;
  readonly who: string;
  readonly at: number;
  readonly note: string;
  readonly decided_by: string | null;
  readonly decided_at: number | null;
  readonly facts: string;
}

export const deploymentFrom = (row: DeploymentRow): Deployment => ({
  id: String(row.id),
  state: row.state,
  root: row.root,
  after: row.after === null ? null : String(row.after),
  who: row.who,
  at: row.at,
  note: row.note,
  decidedBy: row.decided_by,
  decidedAt: row.decided_at,
  facts: JSON.parse(row.facts) as Json,
});

/** The audit entry with the deployment's id in its place. */
export const auditOf = (audit: AuditEntry, id: number): AuditEntry => ({
  ...audit,
  on: audit.on.replace('#', String(id)),
});
