/** Deployments and the contents of their files; see `deployments.ts` above. */
import type { Content, Deployment, DeploymentQuery, PutDeployment } from '../contract.ts';
import { auditOf } from '../deployments.ts';
import { addAudit } from './audit.ts';
import type { State } from './state.ts';

export function putContent(state: State, content: readonly Content[]): void {
  for (const { hash, bytes } of content)
    if (!state.contents.has(hash)) state.contents.set(hash, Uint8Array.from(bytes));
}

export function putDeployment(state: State, { deployment, audit }: PutDeployment): string | null {
  const live = state.deployments.findLast((one) => one.state === 'deployed')?.id ?? null;
  if (deployment.state !== 'refused' && live !== deployment.after) return null;
  const at = state.deployments.findIndex((one) => one.id === deployment.id);
  if (deployment.id !== undefined && state.deployments[at]?.state !== 'asked') return null;
  const id = deployment.id ?? String(state.deployments.length + 1);
  const was = state.deployments[at];
  const { state: next, decidedBy, decidedAt, facts } = deployment;
  if (was === undefined) state.deployments.push(structuredClone({ ...deployment, id }));
  else state.deployments[at] = { ...was, state: next, decidedBy, decidedAt, facts: structuredClone(facts) };
  addAudit(state, [auditOf(audit, Number(id))]);
  return id;
}

export function deploymentsOf(state: State, query: DeploymentQuery): readonly Deployment[] {
  return state.deployments
    .filter((one) => query.state === undefined || one.state === query.state)
    .filter((one) => query.before === undefined || Number(one.id) < Number(query.before))
    .reverse()
    .slice(0, query.limit);
}
