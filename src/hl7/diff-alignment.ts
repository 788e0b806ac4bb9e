/** What is compared: segments of one id and one key are about the same thing. */
export interface Alignable {
  readonly id: string;
  readonly key: string;
}

/** Indexes that stand side by side; undefined where one side has nothing. */
export type Pair = readonly [a: number | undefined, b: number | undefined];

/** Beyond this many differences the shortest edit is no longer looked for: its cost grows with their square. */
const mostEdits = 400;

/**
 * Puts two lists side by side: by the shortest edit (Myers 1986, O((n + m) d)) while they differ in at most 400 places,
 * else the nth of a key with the nth of the same key. What then stands alone between two pairs is paired by id.
 */
export function align(a: readonly Alignable[], b: readonly Alignable[]): Pair[] {
  const keysA = a.map(keyOf);
  const keysB = b.map(keyOf);
  const matches = shortestEdit(keysA, keysB) ?? inTurn(keysA, keysB);
  const pairs: Pair[] = [];
  let i = 0;
  let j = 0;
  for (const [nextA, nextB] of [...matches, [a.length, b.length] as const]) {
    pairs.push(...gap(a, b, i, nextA, j, nextB));
    if (nextA < a.length && nextB < b.length) pairs.push([nextA, nextB]);
    i = nextA + 1;
    j = nextB + 1;
  }
  return pairs;
}

const keyOf = ({ id, key }: Alignable): string => `${id}\u0000${key}`;

/** Between two matches: segments of one id go together in their order, the rest was removed or added. */
function gap(
  a: readonly Alignable[],
  b: readonly Alignable[],
  fromA: number,
  toA: number,
  fromB: number,
  toB: number,
): Pair[] {
  const waiting = new Map<string, number[]>();
  for (let j = toB - 1; j >= fromB; j -= 1) {
    const { id } = b[j] as Alignable;
    const same = waiting.get(id);
    if (same === undefined) waiting.set(id, [j]);
    else same.push(j);
  }
  const pairs: Pair[] = [];
  const taken = new Set<number>();
  for (let i = fromA; i < toA; i += 1) {
    const j = waiting.get((a[i] as Alignable).id)?.pop();
    pairs.push([i, j]);
    if (j !== undefined) taken.add(j);
  }
  for (let j = fromB; j < toB; j += 1) if (!taken.has(j)) pairs.push([undefined, j]);
  return pairs;
}

/** The pairs of a longest common subsequence; undefined when there are too many differences. */
function shortestEdit(a: readonly string[], b: readonly string[]): [number, number][] | undefined {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  for (let d = 0; d <= Math.min(mostEdits, a.length + b.length); d += 1) {
    trace.push(new Map(furthest));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (furthest.get(k - 1) ?? -1) < (furthest.get(k + 1) ?? -1));
      let x = down ? (furthest.get(k + 1) ?? 0) : (furthest.get(k - 1) ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      furthest.set(k, x);
      if (x >= a.length && x - k >= b.length) return backtrack(trace, a.length, b.length);
    }
  }
  return undefined;
}

function backtrack(trace: readonly Map<number, number>[], toA: number, toB: number): [number, number][] {
  const matches: [number, number][] = [];
  let x = toA;
  let y = toB;
  for (let d = trace.length - 1; d >= 0; d -= 1) {
    const before = trace[d] as Map<number, number>;
    const k = x - y;
    const down = k === -d || (k !== d && (before.get(k - 1) ?? -1) < (before.get(k + 1) ?? -1));
    const fromK = down ? k + 1 : k - 1;
    const fromX = before.get(fromK) ?? 0;
    const startX = d === 0 ? 0 : down ? fromX : fromX + 1;
    while (x > startX) {
      x -= 1;
      y -= 1;
      matches.push([x, y]);
    }
    x = fromX;
    y = fromX - fromK;
  }
  return matches.reverse();
}

/** The nth of a key with the nth of the same key, where that keeps the order. */
function inTurn(a: readonly string[], b: readonly string[]): [number, number][] {
  const places = new Map<string, number[]>();
  for (let j = b.length - 1; j >= 0; j -= 1) {
    const same = places.get(b[j] as string);
    if (same === undefined) places.set(b[j] as string, [j]);
    else same.push(j);
  }
  const matches: [number, number][] = [];
  let last = -1;
  for (const [i, key] of a.entries()) {
    const same = places.get(key);
    while (same !== undefined && same.length > 0 && (same.at(-1) as number) <= last) same.pop();
    const j = same?.pop();
    if (j === undefined) continue;
    matches.push([i, j]);
    last = j;
  }
  return matches;
}
