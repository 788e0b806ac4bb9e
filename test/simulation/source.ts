/** A source that is polled: its records come in the course of time; a cursor says how many were found. */
import type { Connection, LearnAnswer } from '../../src/connectors/index.ts';
import { Failure } from '../../src/std/index.ts';
import { SITE, SOURCE, siteRecord } from './flows.ts';
import { recordOf, type Sent } from './messages.ts';
import type { Node } from './node.ts';
import { plainHash } from './node.ts';
import type { World } from './world.ts';

/** Records of one answer. */
const PAGE = 3;

export class Source {
  readonly records: Sent[] = [];
  readonly #world: World;
  readonly #many: number;

  constructor(world: World, many: number) {
    this.#world = world;
    this.#many = many;
  }

  /** All records are there, and the committed cursor has passed the last. */
  get finished(): boolean {
    const key = JSON.stringify([SITE, SOURCE, 'learn:Appointment']);
    return this.records.length >= this.#many && this.#world.disk.state.cursors.get(key)?.value === this.#many;
  }

  start(): void {
    const { chance, scheduler } = this.#world;
    scheduler.after(chance.delay(2_000, 8_000), () => {
      const record = recordOf(SOURCE, this.records.length, `P${chance.below(5)}`);
      this.#world.sent(record);
      this.records.push(record);
      if (this.records.length < this.#many) this.start();
    });
  }

  connection(node: Node): Connection {
    return {
      test: async () => [],
      close: async () => undefined,
      learns: [{ resource: 'Appointment', methods: ['poll'] }],
      learn: ({ cursor }) => this.#learn(node, typeof cursor === 'number' ? cursor : 0),
    };
  }

  #learn(node: Node, from: number): Promise<LearnAnswer> {
    const { chance, calm, scheduler } = this.#world;
    return new Promise((resolve, reject) => {
      scheduler.after(
        chance.delay(30, 3_000),
        () => {
          if (!calm && chance.oneIn(12)) {
            const about = {
              message: 'Simulated: the source does not answer.',
              fix: 'None: it is simulated.',
            };
            reject(new Failure({ code: 'SIMULATED_SOURCE', kind: 'timeout', ...about }));
            return;
          }
          const found = this.records.slice(from, from + PAGE);
          const to = from + found.length;
          scheduler.log(`${node.name} finds ${found.length} records from ${from}`);
          resolve({
            inbound: found.map((record) => ({
              bytes: record.bytes,
              resource: 'Appointment',
              change: record.nth < 5 ? 'created' : 'updated',
              identity: record.controlId,
              hash: record.text,
              patient: plainHash(
                'patient',
                SITE,
                siteRecord.identifiers.mrn.system,
                record.patients[0] as string,
              ),
            })),
            cursor: to,
            findings: [],
            more: to < this.records.length,
          });
        },
        node.process,
      );
    });
  }
}
