/** Deployments and the contents of their files; see `deployments.ts` above. */
import type { Deployment, DeploymentQuery, PutDeployment } from '../contract.ts';
import { auditOf, type DeploymentRow, deploymentFrom } from '../deployments.ts';
import type { AuditLog } from './audit.ts';
import type { Desk, View } from './desk.ts';

const PUT_CONTENT = 'INSERT INTO content (hash, sealed) VALUES (?, ?) ON CONFLICT DO NOTHING';
const CONTENT = 'SELECT sealed FROM content WHERE hash = ?';
const IS_KEPT = 'SELECT 1 FROM content WHERE hash = ?';
const KEPT = 'SELECT hash FROM content WHERE hash > ? ORDER BY hash LIMIT ?';
const DROP = 'DELETE FROM content WHERE hash = ?';
const LIVE = "SELECT max(id) AS id FROM deployment WHERE state = 'deployed'";
const ADD = `
INSERT INTO deployment (state, root, after, who, at, note, decided_by, decided_at, facts)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const DECIDE = `
UPDATE deployment SET state = ?, decided_by = ?, decided_at = ?, facts = ? WHERE id = ? AND state = 'asked'`;
const PAGE =
  'SELECT * FROM deployment WHERE id < ?1 AND (?2 IS NULL OR state = ?2) ORDER BY id DESC LIMIT ?3';
const ONE = 'SELECT * FROM deployment WHERE id = ?';

export function deploymentWriter({ database, vault }: Desk, audit: AuditLog) {
  const putContent = database.prepare(PUT_CONTENT);
  const drop = database.prepare(DROP);
  const live = database.prepare(LIVE);
  const add = database.prepare(ADD);
  const decide = database.prepare(DECIDE);
  return {
    putContent(content: readonly (readonly [hash: string, base64: string])[]): null {
      for (const [hash, base64] of content)
        putContent.run(hash, vault.seal('content', hash, Buffer.from(base64, 'base64')));
      return null;
    },
    dropContent: (hashes: readonly string[]): number =>
      hashes.reduce((count, hash) => count + Number(drop.run(hash).changes), 0),
    putDeployment({ deployment, audit: entry }: PutDeployment): string | null {
      const { state, root, who, at, note, decidedBy, decidedAt } = deployment;
      const after = deployment.after === null ? null : Number(deployment.after);
      const facts = JSON.stringify(deployment.facts);
      const runs = (live.get() as { id: number | null }).id;
      if (state !== 'refused' && runs !== after) return null;
      let id = Number(deployment.id ?? 0);
      if (id === 0) {
        id = Number(add.run(state, root, after, who, at, note, decidedBy, decidedAt, facts).lastInsertRowid);
      } else if (decide.run(state, decidedBy, decidedAt, facts, id).changes !== 1) return null;
      audit.add([auditOf(entry, id)]);
      return String(id);
    },
  };
}

export function deploymentReader({ database, vault }: View) {
  const content = database.prepare(CONTENT);
  const isKept = database.prepare(IS_KEPT);
  const kept = database.prepare(KEPT);
  const page = database.prepare(PAGE);
  const one = database.prepare(ONE);
  return {
    content(hash: string): string | null {
      const row = content.get(hash) as { sealed: Uint8Array } | undefined;
      return row ? Buffer.from(vault.open('content', hash, row.sealed)).toString('base64') : null;
    },
    lacking: (hashes: readonly string[]): readonly string[] =>
      hashes.filter((hash) => isKept.get(hash) === undefined),
    contents: ({ after = '', limit }: { after?: string; limit: number }): readonly string[] =>
      (kept.all(after, limit) as { hash: string }[]).map(({ hash }) => hash),
    deployments({ state, before, limit }: DeploymentQuery): readonly Deployment[] {
      const last = before === undefined ? Number.MAX_SAFE_INTEGER : Number(before);
      return (page.all(last, state ?? null, limit) as unknown as DeploymentRow[]).map(deploymentFrom);
    },
    deployment(id: string): Deployment | null {
      const row = one.get(Number(id)) as unknown as DeploymentRow | undefined;
      return row ? deploymentFrom(row) : null;
    },
  };
}
