/**
 * node-hl7-client as a process of its own: `node node-hl7-sender.ts PORT CONTROL-ID...` sends an admission under each
 * control id and prints MSA-1 and MSA-2 of each answer, one line each. Not in the test's own process: given a second
 * message before the first is answered, its version 4.0.0 never yields again.
 */
import { Client, HL7_2_5 } from 'node-hl7-client';

const [port, ...controlIds] = process.argv.slice(2);
// Both want the version: it must be that of every message sent (MSH-12).
const client = new Client({ host: '127.0.0.1', version: '2.5' });
const connection = client.createConnection({ port: Number(port), version: '2.5' }, (answer) => {
  const said = answer.getMessage();
  process.stdout.write(`${said.get('MSA.1').toString()} ${said.get('MSA.2').toString()}\n`);
  // Not before it has finished with this answer.
  setImmediate(() => void next());
});

async function next(): Promise<void> {
  const controlId = controlIds.shift();
  // Its own `close` leaves something open that would keep this process alive.
  if (controlId === undefined) process.exit(0);
  await connection.sendMessage(
    new HL7_2_5()
      .buildMSH({
        msh_3: 'NODE',
        msh_4: 'MERCY',
        msh_9_1: 'ADT',
        msh_9_2: 'A01',
        msh_10: controlId,
        msh_11_1: 'P',
      })
      .buildEVN({ evn_2: new Date(Date.UTC(2026, 0, 31)) })
      .buildPID({ pid_3: '100001^^^EPI^MR', pid_5: 'MERIDIAN^ALDER' })
      .toMessage(),
  );
}
await next();
