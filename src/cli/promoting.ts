/** What runs in another environment, taken whole: of its engine, or of its folder or database where none runs. */
import type { GitState, Snapshot } from '../deploy/index.ts';
import { Failure } from '../std/index.ts';
import { openDesk } from './desk.ts';
import { type Environment, setting } from './settings.ts';

export interface Elsewhere {
  readonly snapshot: Snapshot;
  /** `2 in staging`; `2 elsewhere` where the environment has no name. */
  readonly from: string;
  /** Where its folder stood in Git when it was deployed there. */
  readonly git: GitState | null;
}

/** Another key and database than this environment's; the key only if it is told. */
function otherEnvironment(environment: Environment): Environment {
  const { DATABASE_URL, DATABASE_URL_FILE, ...rest } = environment;
  const key = setting(environment, 'SUTURE_FROM_KEY');
  const url = setting(environment, 'SUTURE_FROM_DATABASE_URL');
  return {
    ...rest,
    ...(key === undefined ? {} : { SUTURE_KEY: key }),
    ...(url === undefined ? {} : { DATABASE_URL: url }),
  };
}

/** @throws Failure `DEPLOY_UNKNOWN`, and what keeps the other environment from being opened. */
export async function takeElsewhere(
  folder: string,
  project: string,
  environment: Environment,
): Promise<Elsewhere> {
  const desk = await openDesk(folder, otherEnvironment(environment), project).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    const { code, kind, message } = error;
    const fix = code.startsWith('VAULT_KEY')
      ? 'Start the engine there, or give its key as SUTURE_FROM_KEY (or SUTURE_FROM_KEY_FILE).'
      : 'Name the data folder of the other environment; if its data is in a database, start its engine, or set SUTURE_FROM_DATABASE_URL and SUTURE_FROM_KEY.';
    throw new Failure({ code, kind, message: `${folder}: ${message}`, fix, cause: error });
  });
  try {
    const { rows, running } = await desk.deploys.all();
    const live = rows.find((row) => row.live);
    if (live === undefined) {
      throw new Failure({
        code: 'DEPLOY_UNKNOWN',
        kind: 'config',
        message: `Nothing was deployed in ${folder}.`,
        fix: 'Deploy there first, look at it run, then promote it.',
      });
    }
    if (desk.from === 'engine' && running !== live.id) {
      throw new Failure({
        code: 'DEPLOY_UNKNOWN',
        kind: 'config',
        message: `The engine of ${folder} runs ${running === null ? 'a folder' : `deployment ${running}`}, and deployment ${live.id} is what was deployed there last.`,
        fix: 'Promoted is what was seen to run: start that engine again without --from-folder, and look at it run.',
      });
    }
    const snapshot = await desk.deploys.take(live.root);
    const from = `${live.id} ${live.facts.environment === null ? 'elsewhere' : `in ${live.facts.environment}`}`;
    return { snapshot, from, git: live.facts.git };
  } finally {
    await desk.close();
  }
}
