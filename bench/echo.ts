/**
 * The limit: an MLLP server that stores nothing. `plain`: the least a program can do, a fixed acknowledgement by
 * hand. `suture`: Suture's own MLLP server and acknowledgement, without engine and store.
 */
import { buildAck, createMllpServer, peek } from '../src/hl7/index.ts';
import { startSink } from '../test/crash/traffic.ts';

if (process.argv[2] === 'plain') {
  const sink = await startSink(() => undefined);
  process.send?.({ port: sink.port });
} else {
  const server = createMllpServer({
    host: '127.0.0.1',
    port: 0,
    onFrame: async (bytes) =>
      buildAck(bytes, { code: 'AA', controlId: peek(bytes).controlId, time: '20260131120000' }),
  });
  const { port } = await server.listen();
  process.send?.({ port });
}
process.on('disconnect', () => process.exit(0));
