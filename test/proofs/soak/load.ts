/** So many messages a second over so many connections, at an even pace; each sender repeats what was not acknowledged. */
import { admission } from '../../crash/traffic.ts';
import { type Message, sendAll } from '../sender.ts';

export interface Load {
  readonly acked: number;
  /** Messages a second from now on; `Infinity`: as fast as they are acknowledged. */
  pace(perSecond: number): void;
  /** Resolves when what was under way is acknowledged. */
  stop(): Promise<void>;
}

const CONNECTIONS = 32;
const PATIENTS_PER_CONNECTION = 150;
const TICK = 20;

/** @param port Where a connection goes now; `null`: nobody is there. */
export function startLoad(port: (connection: number) => number | null, perSecond: number): Load {
  let acked = 0;
  let pace = perSecond;
  let allowed = 0;
  let stopped = false;
  let waiting: (() => void)[] = [];
  const isFree = (): boolean => stopped || pace === Infinity || allowed >= 1;
  const wake = (): void => {
    while (waiting.length > 0 && isFree()) {
      allowed--;
      waiting.shift()?.();
    }
  };
  const timer = setInterval(() => {
    // What could not be sent in time is not sent all at once afterwards.
    if (pace !== Infinity) allowed = Math.min(Math.max(0, allowed) + (pace * TICK) / 1_000, pace / 10 + 1);
    wake();
  }, TICK);

  async function* paced(connection: number): AsyncGenerator<Message> {
    for (let turn = 0; ; turn++) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
        wake();
      });
      if (stopped) return;
      const controlId = `${connection}-${turn}`;
      const patient = connection * PATIENTS_PER_CONNECTION + (turn % PATIENTS_PER_CONNECTION);
      const sequence = Math.floor(turn / PATIENTS_PER_CONNECTION) + 1;
      yield { controlId, text: admission(controlId, patient, sequence) };
    }
  }
  const running = Array.from({ length: CONNECTIONS }, (_, connection) =>
    sendAll({ port: () => port(connection), messages: paced(connection), acked: () => void acked++ }),
  );
  return {
    get acked() {
      return acked;
    },
    pace(value) {
      pace = value;
    },
    async stop() {
      stopped = true;
      wake();
      clearInterval(timer);
      waiting = [];
      await Promise.all(running);
    },
  };
}
