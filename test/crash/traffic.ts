/**
 * Plain MLLP traffic for crash tests and benchmarks, independent of Suture's own MLLP code: senders that wait
 * for each acknowledgement, and a sink that answers AA and counts.
 */
import { connect, createServer, type Socket } from 'node:net';

const START = 0x0b;
const END = 0x1c;

/** About 1 KB of synthetic ADT. The sequence number stands in PID-4 to check order by. */
export function admission(controlId: string, patient: number, sequence: number): string {
  const mrn = String(100_000 + patient);
  return `${[
    `MSH|^~\\&|EPIC|BENCH|SUTURE|APP|20260131120000||ADT^A01^ADT_A01|${controlId}|T|2.5.1|||AL|NE||UNICODE UTF-8`,
    `EVN|A01|20260131120000||ADT_EVENT|BENCHUSER^BENCH^USER|20260131115500`,
    `PID|1||${mrn}^^^EPI^MR~Z${mrn}^^^EXTERNAL^EXTID|${sequence}|MERIDIAN^ALDER^Q^^^^L||19700101|F||2106-3^White^HL70005|12 ORCHARD LANE^^LARKFIELD^IL^60000^USA^L||(555)555-0100^P^7^^^555^5550100||ENG|S||H${mrn}|||||||||||N`,
    `PD1|||LARKFIELD CLINIC^^10501|1001^FERN^HOLLIS^^^^^^EPIC^^^^PROVID`,
    `NK1|1|MERIDIAN^ROWAN|SPOUSE|12 ORCHARD LANE^^LARKFIELD^IL^60000^USA|(555)555-0101`,
    `PV1|1|I|3N^301^A^LARKFIELD^^^^^^^DEPID|EL|||1001^FERN^HOLLIS^^^^^^EPIC^^^^PROVID|||MED||||1|||1001^FERN^HOLLIS^^^^^^EPIC^^^^PROVID|IP|${controlId}|SELF|||||||||||||||||||LARKFIELD||ADM|||20260131115500`,
    `PV2||PRIV|^CHEST DISCOMFORT|||||20260131|20260203||||||||||||N`,
    `OBX|1|TX|ADMISSION_REASON^ADMITTING CATEGORY||OBSERVATION FOR ONE NIGHT||||||F`,
    `AL1|1|DA|^NO KNOWN ALLERGIES`,
    `ZPD||||||||||||||||||`,
    `ZPV||||||||||||||||||||||`,
  ].join('\r')}\r`;
}

export function frame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const framed = Buffer.allocUnsafe(length + 3);
  framed[0] = START;
  framed.write(text, 1);
  framed[length + 1] = END;
  framed[length + 2] = 0x0d;
  return framed;
}

/** Calls `each` with the content of every complete frame. */
export function frameReader(each: (content: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (;;) {
      const end = rest.indexOf(END, from);
      if (end < 0 || end + 1 >= rest.length) break;
      each(rest.subarray(rest.indexOf(START, from) + 1, end));
      from = end + 2;
    }
    rest = rest.subarray(from);
  };
}

/** MSH-10 of a message, or MSA-2 of an acknowledgement with its code. */
export function controlIdOf(content: Buffer): string {
  return content.toString('latin1', 0, 256).split('|', 10)[9] ?? '';
}
export function ackOf(content: Buffer): { code: string; controlId: string } {
  const from = content.indexOf('\rMSA|') + 1;
  const line = content.toString('latin1', from, from + 64).split('\r', 1)[0] as string;
  const [, code = '', controlId = ''] = line.split('|', 3);
  return { code, controlId };
}

/** One connection that sends the next message when the last was acknowledged; ends when the other side does. */
export function startSender(
  port: number,
  next: () => { readonly controlId: string; readonly text: string } | null,
  acked: (controlId: string, code: string, ms: number) => void,
): { readonly ended: Promise<void>; stop(): void } {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  let stopped = false;
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => undefined); // a killed engine resets its connections: that is the test
  let sentAt = 0;
  const send = (): void => {
    const message = stopped ? null : next();
    if (message === null) return void socket.end();
    sentAt = performance.now();
    socket.write(frame(message.text));
  };
  socket.on(
    'data',
    frameReader((content) => {
      const { code, controlId } = ackOf(content);
      acked(controlId, code, performance.now() - sentAt);
      send();
    }),
  );
  socket.on('connect', send);
  return {
    ended,
    stop() {
      stopped = true;
    },
  };
}

/** What a receiver does with a message: an acknowledgement code, or an end without one. */
export type Said = 'AA' | 'AE' | 'AR' | 'hang up';

/** A receiver that answers as `says` tells it to: AA to everything when left out. */
export async function startSink(
  received: (controlId: string, content: Buffer) => void,
  says: (controlId: string) => Said = () => 'AA',
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on(
      'data',
      frameReader((content) => {
        const controlId = controlIdOf(content);
        received(controlId, content);
        const said = says(controlId);
        if (said === 'hang up') return void socket.destroy();
        // What came in one chunk is answered in one.
        if (socket.writableCorked === 0) {
          socket.cork();
          process.nextTick(() => socket.uncork());
        }
        socket.write(
          frame(`MSH|^~\\&|SINK|||||20260131120000||ACK|${controlId}|T|2.5.1\rMSA|${said}|${controlId}\r`),
        );
      }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve());
  });
  return {
    port: (server.address() as { port: number }).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
