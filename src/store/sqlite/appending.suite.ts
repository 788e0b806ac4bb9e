/**
 * A process that appends until it is killed: what it writes is what it was promised. Run by the outage tests as
 * `node appending.suite.ts FOLDER KEY`.
 */
import { pause, systemClock } from '../../std/index.ts';
import { parseMasterKey } from '../../vault/index.ts';
import { delivery, message, T0, unit } from '../stories/data.ts';
import { openSqliteStore } from './open.ts';

const [folder, key] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const store = await openSqliteStore({ folder: folder as string, masterKey: parseMasterKey(key) }).catch(
  (error: { code: string }) => {
    say(`unopened ${error.code}`);
    process.exit(1);
  },
);
store.onHealth((health) =>
  say(`health ${health.state} ${health.state === 'failing' ? health.failure.code : ''}`),
);
say('ready');

let last = 0;
async function append(lane: number): Promise<void> {
  for (;;) {
    const id = String(++last);
    const one = message({
      controlId: id,
      receivedAt: T0,
      bytes: new Uint8Array(2_000),
      deliveries: [delivery([`l${lane}`])],
    });
    try {
      await store.append(unit([one]));
      say(`kept ${id}`);
    } catch (error) {
      say(`refused ${id} ${(error as { code: string }).code}`);
      await pause(systemClock, 20);
    }
  }
}
for (let lane = 0; lane < 16; lane++) void append(lane);
