/** Somebody at the console: does dead letters again, and decides about what is held. */
import { FLOWS } from './flows.ts';
import type { World } from './world.ts';

export class Person {
  readonly #world: World;
  readonly #busy: number;

  constructor(world: World) {
    this.#world = world;
    this.#busy = world.chance.pick([800, 3_000, 10_000]);
  }

  start(): void {
    const { chance, scheduler } = this.#world;
    scheduler.after(chance.between(0, 2 * this.#busy), () => {
      this.#look();
      this.start();
    });
  }

  #look(): void {
    const { chance, calm, disk, scheduler } = this.#world;
    const node = this.#world.anyNode();
    const engine = node?.state === 'up' ? node.engine : null;
    if (!engine) return;
    const rows = [...disk.state.deliveries.values()];
    const some = (all: typeof rows): string[] =>
      all.filter(() => calm || chance.oneIn(2)).map(({ id }) => String(id));
    const held = some(rows.filter((row) => row.state === 'held'));
    const who = { who: 'kim', reason: 'simulated' };
    if (held.length > 0) {
      const to = chance.oneIn(3) ? 'dead' : 'waiting';
      scheduler.log(`a person releases ${held.join(' ')} to ${to}`);
      engine.release({ deliveryIds: held, to, ...who }).catch(() => undefined);
    }
    for (const row of rows) {
      if (row.state !== 'sleeping' || row.step !== 'sure' || !(calm || chance.oneIn(3))) continue;
      const approved = !chance.oneIn(4);
      scheduler.log(`a person answers ${row.id}: ${approved}`);
      engine.approve({ deliveryId: String(row.id), step: 'sure', approved, ...who }).catch(() => undefined);
    }
    for (const { site, connection, state } of engine.connections()) {
      if (state !== 'stopped' || !(calm || chance.oneIn(2))) continue;
      scheduler.log(`a person lets ${connection} be called again`);
      engine.resume({ site, connection, ...who }).catch(() => undefined);
    }
    if (calm) return;
    const again = some(rows.filter((row) => row.state === 'dead' && row.replayedBy === null)).slice(0, 3);
    if (again.length === 0) return;
    const step = chance.pick(FLOWS.flatMap((flow) => flow.steps.map(({ id }) => id)));
    const fromStep = chance.oneIn(3) ? { fromStep: step } : {};
    scheduler.log(`a person does ${again.join(' ')} again ${fromStep.fromStep ?? ''}`);
    engine.replay({ deliveryIds: again, ...fromStep, ...who }).catch(() => undefined);
  }
}
