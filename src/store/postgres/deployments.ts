/** Deployments and the contents of their files; see `deployments.ts` above. */
import { auditOf, type DeploymentRow, type Deployments, deploymentFrom } from '../deployments.ts';
import { again } from './again.ts';
import { addAudit } from './audit.ts';
import type { Desk } from './desk.ts';

const PUT_CONTENT = `
INSERT INTO content (hash, sealed) SELECT unnest($1::text[]), unnest($2::bytea[]) ON CONFLICT DO NOTHING`;
const CONTENT = 'SELECT sealed FROM content WHERE hash = $1';
const LACKING = `
SELECT hash FROM unnest($1::text[]) AS asked (hash) WHERE NOT EXISTS (SELECT 1 FROM content c WHERE c.hash = asked.hash)`;
const KEPT = 'SELECT hash FROM content WHERE hash > $1 COLLATE "C" ORDER BY hash COLLATE "C" LIMIT $2';
const DROP = 'DELETE FROM content WHERE hash = ANY($1::text[]) RETURNING hash';
/** Whoever deploys waits for who deploys just now, on whatever node. */
const LOCK = 'SELECT pg_advisory_xact_lock(1937077362, 2)';
const LIVE = "SELECT max(id) AS id FROM deployment WHERE state = 'deployed'";
const ADD = `
INSERT INTO deployment (id, state, root, after, who, at, note, decided_by, decided_at, facts)
SELECT coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9 FROM deployment RETURNING id`;
const DECIDE = `
UPDATE deployment SET state = $1, decided_by = $2, decided_at = $3, facts = $4 WHERE id = $5 AND state = 'asked' RETURNING id`;
const PAGE = `
SELECT * FROM deployment WHERE id < $1 AND ($2::text IS NULL OR state = $2) ORDER BY id DESC LIMIT $3`;
const ONE = 'SELECT * FROM deployment WHERE id = $1';

export function deploymentDesk(desk: Desk): Deployments {
  const { keys, read, writers } = desk;
  return {
    async putContent(content) {
      if (content.length === 0) return;
      await keys.rotateWhenDue();
      const sealed = content.map(({ hash, bytes }) =>
        Buffer.from(keys.vault.seal('content', hash, Buffer.from(bytes))),
      );
      await again(() => writers.other.ask(PUT_CONTENT, [content.map(({ hash }) => hash), sealed]));
    },
    async content(hash) {
      const [row] = await read<{ sealed: Uint8Array }>(CONTENT, [hash]);
      if (!row) return null;
      await keys.fetch([row.sealed]);
      return keys.vault.open('content', hash, row.sealed);
    },
    lacking: async (hashes) => (await read<{ hash: string }>(LACKING, [hashes])).map(({ hash }) => hash),
    contents: async ({ after = '', limit }) =>
      (await read<{ hash: string }>(KEPT, [after, limit])).map(({ hash }) => hash),
    dropContent: async (hashes) =>
      (await again(() => writers.other.transaction((ask) => ask<{ hash: string }>(DROP, [hashes])))).length,
    putDeployment: ({ deployment, audit }) =>
      again(() =>
        writers.other.transaction(async (ask) => {
          const { state, root, who, at, note, decidedBy, decidedAt } = deployment;
          const after = deployment.after === null ? null : Number(deployment.after);
          const facts = JSON.stringify(deployment.facts);
          await ask(LOCK);
          const [live] = await ask<{ id: number | null }>(LIVE);
          if (state !== 'refused' && (live?.id ?? null) !== after) return null;
          const [row] =
            deployment.id === undefined
              ? await ask<{ id: number }>(ADD, [
                  state,
                  root,
                  after,
                  who,
                  at,
                  note,
                  decidedBy,
                  decidedAt,
                  facts,
                ])
              : await ask<{ id: number }>(DECIDE, [
                  state,
                  decidedBy,
                  decidedAt,
                  facts,
                  Number(deployment.id),
                ]);
          if (row === undefined) return null;
          await addAudit(desk, ask, [auditOf(audit, row.id)]);
          return String(row.id);
        }),
      ),
    async deployments({ state, before, limit }) {
      const last = before ?? String(Number.MAX_SAFE_INTEGER);
      return (await read<DeploymentRow>(PAGE, [last, state ?? null, limit])).map(deploymentFrom);
    },
    async deployment(id) {
      if (!/^\d{1,15}$/.test(id)) return null;
      const [row] = await read<DeploymentRow>(ONE, [id]);
      return row ? deploymentFrom(row) : null;
    },
  };
}
