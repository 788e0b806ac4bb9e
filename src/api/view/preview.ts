/** A dry run without what it found: where values would be and where they would differ, and no value. */
import type { ReplayPreview } from '../types.ts';
import { MASK } from './structure.ts';

/** Names of elements and of a flow's own arguments; anything else may itself be data. */
const NAME = /^_?[a-z][A-Za-z0-9_]{0,63}$/;

function masked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== 'object' || value === null) return MASK;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [NAME.test(name) ? name : MASK, masked(inner)]),
  );
}

const maskedPath = (path: string): string =>
  path
    .split('.')
    .map((part) => {
      const [, name = '', places = ''] = /^([^[]*)((?:\[\d+\])*)$/.exec(part) ?? [];
      return name === '' || NAME.test(name) ? `${name}${places}` : `${MASK}${places}`;
    })
    .join('.');

export function maskedPreview(preview: ReplayPreview): ReplayPreview {
  return {
    ...preview,
    samples: preview.samples.map((sample) => ({
      ...sample,
      steps: sample.steps.map((step) => ({
        ...step,
        args: masked(step.args),
        differences:
          step.differences?.map((one) => ({
            path: maskedPath(one.path),
            ...('before' in one ? { before: MASK } : {}),
            ...('after' in one ? { after: MASK } : {}),
          })) ?? null,
      })),
    })),
  };
}
