/** Short ways to write the facts of a profile. */
import type { Fact, Mark } from '../profile.ts';

type More = Pick<Fact, 'conditions' | 'alternative'>;

/** Facts of one source. */
export function factsFrom(source: string, mark: Mark) {
  const fact =
    (state: Fact['state']) =>
    (text: string, more: More = {}): Fact => ({ state, text, mark, source, ...more });
  return { yes: fact('yes'), no: fact('no'), when: fact('with a condition'), unknown: fact('not known') };
}
