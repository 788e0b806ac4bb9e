import { contentHash } from '../std/index.ts';
import type { Flow, Step } from './flow.ts';

/**
 * A hash of what a delivery does: name, trigger, order, steps with the source text of their code, and how long it is
 * tried. Not of `about` and `sites`: rewording a flow or adding a site leaves its deliveries what they were. What a code
 * step's function closes over is not seen: keep what it needs in `reads`.
 */
export function flowVersion(flow: Flow): string {
  const { name, trigger, order, giveUpAfter, attempts, exhausted, late } = flow;
  const steps = flow.steps.map(withSourceText);
  return contentHash({ name, trigger: plain(trigger), order, giveUpAfter, attempts, exhausted, late, steps });
}

/** Functions as their source text, wherever they stand. */
function withSourceText(step: Step): unknown {
  if (step.kind === 'code' && step.run !== undefined) return { ...step, run: String(step.run) };
  if (step.kind === 'for-each') return { ...step, steps: step.steps.map(withSourceText) };
  if (step.kind !== 'route') return step;
  const branches = step.branches.map((branch) => ({ ...branch, steps: branch.steps.map(withSourceText) }));
  const { otherwise } = step;
  return {
    ...step,
    branches,
    otherwise: typeof otherwise === 'string' ? otherwise : otherwise.map(withSourceText),
  };
}

/** Without what only types need (define.ts). */
const plain = (value: object): object => ({ ...value });
