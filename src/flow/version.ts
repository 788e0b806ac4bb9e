import { contentHash } from '../std/index.ts';
import type { Flow } from './flow.ts';

/**
 * A hash of what a delivery does: name, trigger, order, steps with the source text of their code, and how long it is
 * tried. Not of `about` and `sites`: rewording a flow or adding a site leaves its deliveries what they were. What a code
 * step's function closes over is not seen: keep what it needs in `reads`.
 */
export function flowVersion(flow: Flow): string {
  const { name, trigger, order, giveUpAfter, attempts, exhausted } = flow;
  const steps = flow.steps.map((step) => (step.kind === 'code' ? { ...step, run: String(step.run) } : step));
  return contentHash({ name, trigger: plain(trigger), order, giveUpAfter, attempts, exhausted, steps });
}

/** Without what only types need (define.ts). */
const plain = (value: object): object => ({ ...value });
