/** MLLP, the transport of HL7 v2 over TCP: frames, a server that receives and a client that sends. */
export {
  createMllpClient,
  type MllpClient,
  type MllpClientCounters,
  type MllpClientOptions,
  type SendResult,
} from './client.ts';
export type { MllpPeer, Reply } from './connection.ts';
export { canBeFramed, defaultMaxFrameBytes, type FrameEvent, FrameScanner, frame } from './frame.ts';
export {
  createMllpServer,
  type MllpServer,
  type MllpServerCounters,
  type MllpServerOptions,
} from './server.ts';
