/**
 * Layers laid over one another: fields merge by key, lists and single values replace, `null` removes what stands below.
 * A reference to the environment counts as a single value.
 */
import { type Fields, isFields, type Layer, type Path } from './layer.ts';

/** A place in a file. */
export interface Place {
  readonly file: string;
  /** 1-based; 0 when the file as a whole is meant. */
  readonly line: number;
}

export interface Merged {
  readonly value: Fields;
  /** Where the value of a path stands; of a path that nobody wrote, where the longest beginning of it stands. */
  readonly placeOf: (path: Path) => Place;
  /** The same, and `undefined` for what nobody wrote. */
  readonly originOf: (path: Path) => Place | undefined;
}

/** `{ env: NAME }` or `{ env: NAME, default: ... }`. */
export const isFromEnvironment = (
  value: unknown,
): value is { readonly env: string; readonly default?: unknown } =>
  isFields(value) &&
  typeof value.env === 'string' &&
  Object.keys(value).every((key) => key === 'env' || key === 'default');

const merges = (value: unknown): value is Fields => isFields(value) && !isFromEnvironment(value);

/**
 * @param layers From the lowest to the highest; at least one.
 * @param own The file of them that is the site's own.
 */
export function mergeLayers(layers: readonly Layer[], own: string): Merged {
  const [first, ...over] = layers as readonly [Layer, ...Layer[]];
  const value = over.reduce<Fields>((below, layer) => mergedFields(below, layer.value), first.value);
  const highestFirst = layers.toReversed();
  return {
    value,
    placeOf: (path) => standing(highestFirst, own, path).place,
    originOf: (path) => {
      const { place, whole } = standing(highestFirst, own, path);
      return whole ? place : undefined;
    },
  };
}

function mergedFields(below: Fields, above: Fields): Fields {
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) {
    const under = merged.get(key);
    // With nothing below there is nothing to remove: it stays, and the check asks what it is to mean.
    if (value === null && merged.has(key)) merged.delete(key);
    else merged.set(key, merges(value) && merges(under) ? mergedFields(under, value) : value);
  }
  return Object.fromEntries(merged);
}

/** Goes down the path among the layers that still have a say: a single value shuts out what lies below it. */
function standing(
  highestFirst: readonly Layer[],
  own: string,
  path: Path,
): { readonly place: Place; readonly whole: boolean } {
  let having = highestFirst.map((layer) => ({ layer, value: layer.value as unknown }));
  let depth = 0;
  for (; depth < path.length; depth++) {
    const key = path[depth] as PropertyKey;
    const next: typeof having = [];
    for (const { layer, value } of having) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) continue;
      const inside = (value as Record<PropertyKey, unknown>)[key];
      if (inside === null && next.length > 0) break;
      next.push({ layer, value: inside });
      if (!merges(inside)) break;
    }
    if (next.length === 0) break;
    having = next;
  }
  const whole = depth === path.length && path.length > 0;
  // What nobody wrote is to be written into the site's own file.
  const found = (whole ? undefined : having.find(({ layer }) => layer.file === own)) ?? having[0];
  const layer = (found ?? { layer: highestFirst[0] as Layer }).layer;
  return {
    place: { file: layer.file, line: layer.lineOf(path.slice(0, depth)) },
    whole,
  };
}
