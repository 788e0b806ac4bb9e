/** What a message does to sleepers of its patient: looked up by its type, and nothing where no flow sleeps. */
import { everyStep, type Flow, isSleeping, laneNames, matchesPattern } from '../flow/index.ts';
import type { NewMessage } from '../store/index.ts';

export type SleepKeys = Pick<NewMessage, 'cancels' | 'wakes'>;

interface Concerned {
  readonly flow: Flow;
  /** Steps that such a message ends, and that it wakes. */
  readonly cancels: readonly string[];
  readonly wakes: readonly string[];
}

/** Types looked at lately; a hostile sender may invent them without end. */
const TYPES_AT_HAND = 1_000;

const NONE: SleepKeys = {};

/** @param laneKey The stored key of a lane's name. */
export function sleepKeys(
  flows: readonly Flow[],
  place: { readonly site: string; readonly connection: string },
  laneKey: (name: string) => string,
): (type: string, patients: readonly string[]) => SleepKeys {
  const sleeping = flows.filter((flow) => flow.order === 'patient' && everyStep(flow.steps).some(isSleeping));
  if (sleeping.length === 0) return () => NONE;
  const byType = new Map<string, readonly Concerned[]>();

  function concerned(type: string): readonly Concerned[] {
    const known = byType.get(type);
    if (known !== undefined) return known;
    const named = (patterns: readonly string[] | undefined): boolean =>
      patterns?.some((pattern) => matchesPattern(pattern, type)) ?? false;
    const found = sleeping.flatMap((flow): Concerned[] => {
      const steps = everyStep(flow.steps).filter(isSleeping);
      const cancels = steps.filter((step) => named(step.cancelOn)).map(({ id }) => id);
      const wakes = steps.filter((step) => step.kind === 'wait' && named(step.on)).map(({ id }) => id);
      return cancels.length + wakes.length === 0 ? [] : [{ flow, cancels, wakes }];
    });
    if (byType.size >= TYPES_AT_HAND) byType.clear();
    byType.set(type, found);
    return found;
  }

  return (type, patients) => {
    const flowsOfType = patients.length === 0 ? [] : concerned(type);
    if (flowsOfType.length === 0) return NONE;
    const cancels: string[] = [];
    const wakes: string[] = [];
    for (const { flow, ...steps } of flowsOfType) {
      for (const lane of laneNames({ flow: flow.name, order: flow.order, ...place, patients }).map(laneKey)) {
        for (const step of steps.cancels) cancels.push(`${lane}#${step}`);
        for (const step of steps.wakes) wakes.push(`${lane}#${step}`);
      }
    }
    return { cancels, wakes };
  };
}
