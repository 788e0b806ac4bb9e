/** How the ways of a route are written in flow files. */
import type { Condition } from '../mapping/index.ts';
import type { FlowBuilder } from './define.ts';
import type { Branch, RouteStep } from './nested.ts';
import type { CheckCondition, Known } from './typed-source.ts';

declare const names: unique symbol;

/** A route of which it is said what becomes of all else. */
export interface RouteDone<Names> {
  readonly [names]?: Names;
  readonly branches: readonly Branch[];
  readonly otherwise: RouteStep['otherwise'];
}

/** What a way's steps are written on: they see what came before the route. */
type Steps<K extends Known> = (steps: FlowBuilder<K>) => FlowBuilder<Known>;

export class Ways<K extends Known, Names> {
  readonly #begin: () => FlowBuilder<K>;
  readonly #branches: readonly Branch[];

  constructor(begin: () => FlowBuilder<K>, branches: readonly Branch[]) {
    this.#begin = begin;
    this.#branches = branches;
  }

  /** A way, gone when its condition holds and that of none before it. */
  when<const Name extends string, const C extends Condition>(
    name: Name,
    condition: C & CheckCondition<K, C>,
    steps: Steps<K>,
  ): Ways<K, Names | Name> {
    const branch = { name, when: condition as Condition, steps: steps(this.#begin()).steps };
    return new Ways(this.#begin, [...this.#branches, branch]);
  }

  /** What becomes of all else: it ends here as filtered, it fails, it continues behind the route, or steps of its own. */
  otherwise(what: 'filter' | 'fail'): RouteDone<Names>;
  otherwise(what: 'continue'): RouteDone<Names | null>;
  otherwise(steps: Steps<K>): RouteDone<Names | 'otherwise'>;
  otherwise(what: 'filter' | 'fail' | 'continue' | Steps<K>): RouteDone<unknown> {
    return {
      branches: this.#branches,
      otherwise: typeof what === 'function' ? what(this.#begin()).steps : what,
    };
  }
}
