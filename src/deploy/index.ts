export { type Change, changesBetween } from './changes.ts';
export { createDeploys, type DeployParts } from './desk.ts';
export { driftOf, driftText, type FolderDrift, gitStateOf } from './drift.ts';
export { type DeployFacts, drainingOf, factsOf, type GitState } from './facts.ts';
export { DEPLOY_FAILURES, deployFailure } from './failures.ts';
export { readProject } from './folder.ts';
export type { SeenCode } from './missing.ts';
export { createTidy, KEPT_DEPLOYMENTS, type Tidy } from './tidy.ts';
export {
  contentOf,
  type Files,
  filesOf,
  pathsBetween,
  type Scope,
  type Snapshot,
  snapshotOf,
} from './tree.ts';
export type * from './types.ts';
export { shellWord } from './words.ts';
