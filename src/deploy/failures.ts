import { type FailureEntry, failuresOf } from '../std/index.ts';

/** Why a deployment is refused: its kind and what to do first. */
export const DEPLOY_FAILURES = {
  DEPLOY_RUNNING: {
    kind: 'conflict',
    about: 'Another deployment runs just now.',
    fix: 'Wait until it has ended, look at what it has changed, then deploy again.',
  },
  DEPLOY_FAULTY: {
    kind: 'config',
    about: 'What is to be deployed has faults.',
    fix: 'Mend them; "suture plan" lists them again.',
  },
  DEPLOY_NOTHING: {
    kind: 'config',
    about: 'What is to be deployed is what runs already.',
    fix: 'Look with "suture plan" at what differs.',
  },
  DEPLOY_SCOPE: {
    kind: 'config',
    about: 'What was named cannot be deployed alone.',
    fix: 'Name a site or a flow that is there, or deploy everything.',
  },
  DEPLOY_MOVED: {
    kind: 'conflict',
    about: 'Something else was deployed since.',
    fix: 'Look at the plan again, and ask again.',
  },
  DEPLOY_UNKNOWN: {
    kind: 'config',
    about: 'There is no such deployment.',
    fix: 'List them with "suture deploys".',
  },
  DEPLOY_APPROVAL: {
    kind: 'config',
    about: 'This deployment cannot be decided so.',
    fix: 'Let another user decide it: who asks may not approve.',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

export const deployFailure = failuresOf(DEPLOY_FAILURES);
