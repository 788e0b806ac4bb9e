/** Steps that hold steps: a choice between ways, and the same for each of a list. */
import type { Condition, Source } from '../mapping/index.ts';
import type { Flow, Step, StepBase } from './flow.ts';

/** One way of a route. */
export interface Branch {
  readonly name: string;
  readonly when: Condition;
  readonly steps: readonly Step[];
}

/**
 * Goes the first way whose condition holds. What the steps of a way give is seen by later steps of that way alone; the
 * route's own value is `{ branch }`, the name of the way that was gone.
 */
export interface RouteStep extends StepBase {
  readonly kind: 'route';
  readonly branches: readonly Branch[];
  /**
   * Where none holds: steps (the branch is `otherwise`), `filter` (the delivery ends here), `fail`, or `continue` behind the
   * route (the branch is null).
   */
  readonly otherwise: readonly Step[] | 'filter' | 'fail' | 'continue';
}

/**
 * The same steps for each item of a list, one after the other. An effect is remembered under `<step>/<index>`, so that a
 * retry goes on in the middle of the list. A filter in it ends that item alone. The value is the list of what the last step
 * gave, for each item that came so far.
 */
export interface ForEachStep extends StepBase {
  readonly kind: 'for-each';
  /** Every item of it, whether or not it is written with `[*]`. A single value is a list of one, nothing a list of none. */
  readonly in: Source;
  /** What an item is called in the steps. */
  readonly as: string;
  readonly steps: readonly Step[];
  /** More items than this are a failure before the first is done. */
  readonly atMost: number;
}

/** Items of a for-each where the flow does not say. */
export const USUAL_ITEMS = 100;
/** The most that a flow may ask for. */
export const MOST_ITEMS = 1_000;

/** The lists of steps that a step holds. */
export function stepsWithin(step: Step): readonly (readonly Step[])[] {
  if (step.kind === 'for-each') return [step.steps];
  if (step.kind !== 'route') return [];
  const ways = step.branches.map(({ steps }) => steps);
  return typeof step.otherwise === 'string' ? ways : [...ways, step.otherwise];
}

/**
 * Every step, those within others behind the one that holds them: the order of the file.
 * @example
 * everyStep(flow.steps).map(({ id }) => id) // ['kind', 'admitted', 'discharged', 'done']
 */
export function everyStep(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => [step, ...stepsWithin(step).flatMap(everyStep)]);
}

/** The step's id of what an effect is remembered under: `send` of `send/3`. */
export const idOfKey = (key: string): string => key.split('/', 1)[0] as string;

/** The lists (for-each) that each step stands in, by id, the outermost first. */
export function listsAround(
  steps: readonly Step[],
  around: readonly string[] = [],
  found = new Map<string, readonly string[]>(),
): ReadonlyMap<string, readonly string[]> {
  for (const step of steps) {
    found.set(step.id, around);
    const inner = step.kind === 'for-each' ? [...around, step.id] : around;
    for (const list of stepsWithin(step)) listsAround(list, inner, found);
  }
  return found;
}

/**
 * In which order effects are done: negative where the first of two keys comes first; `undefined` where one is no step of the
 * flow. A key without its places is the first of its step.
 * @example
 * orderOfKeys(flow, 'tell/1', 'tell/2') // -1
 */
export function orderOfKeys({ steps }: Pick<Flow, 'steps'>, one: string, other: string): number | undefined {
  const all = everyStep(steps).map(({ id }) => id);
  const lists = listsAround(steps);
  const [first, second] = [one, other].map((key) => {
    const [id = '', ...places] = key.split('/');
    return { at: all.indexOf(id), around: lists.get(id) ?? [], places: places.map(Number) };
  });
  if (first === undefined || second === undefined || first.at < 0 || second.at < 0) return undefined;
  for (let depth = 0; first.around[depth] !== undefined; depth++) {
    if (first.around[depth] !== second.around[depth]) break;
    const apart = (first.places[depth] ?? 0) - (second.places[depth] ?? 0);
    if (apart !== 0) return apart;
  }
  return first.at - second.at;
}
