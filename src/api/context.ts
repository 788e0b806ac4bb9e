import type { DeployControl, FolderDrift, Plan } from '../deploy/index.ts';
import type { EngineControl } from '../engine/index.ts';
import { everyStep } from '../flow/index.ts';
import type { Clock, Json } from '../std/index.ts';
import type { FirstUserToken } from './auth/first-user.ts';
import type { Lockout } from './auth/lockout.ts';
import type { Passwords } from './auth/password.ts';
import type { Sessions } from './auth/session.ts';

/** Deployments, as whoever runs the engine offers them. */
export interface ApiDeploys {
  readonly control: DeployControl;
  /** The deployment that this engine runs; `null`: a folder. */
  readonly running: () => string | null;
  readonly drift: () => Promise<FolderDrift | null>;
  /** What deploying the engine's project folder would change. */
  readonly folderPlan: (who: string) => Promise<Plan>;
}

/** What every route is given. */
export interface ApiContext {
  readonly engine: EngineControl;
  /** `null`: nothing can be deployed here. */
  readonly deploys: ApiDeploys | null;
  readonly clock: Clock;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly lockout: Lockout;
  readonly firstUser: FirstUserToken;
  readonly cookie: { readonly name: string; readonly secure: boolean };
  /** `https://suture.example.org`, or `null` when people use the address it listens at. */
  readonly publicOrigin: string | null;
  readonly consoleFolder: string | null;
  readonly consoleState: () => 'building' | 'ready';
  readonly log: ApiLog;
}

/** Never with patient data: codes, ids, counts, names of routes. */
export type ApiLog = (
  level: 'info' | 'warn' | 'error',
  text: string,
  facts?: Readonly<Record<string, Json>>,
) => void;

/** Ids of the steps of a flow as it runs now. */
export function presentSteps(engine: EngineControl, name: string): readonly string[] | null {
  const flow = engine.flows.find(({ flow }) => flow.name === name)?.flow;
  return flow === undefined ? null : everyStep(flow.steps).map(({ id }) => id);
}
