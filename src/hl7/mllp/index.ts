/** MLLP, the transport of HL7 v2 over TCP: frames, a server that receives and a client that sends. */
export {
  createMllpClient,
  type MllpClient,
  type MllpClientCounters,
  type MllpClientOptions,
  type SendResult,
} from './client.ts';
export { commitAck, commitNak, type MllpPeer, type Reply } from './connection.ts';
export {
  canBeFramed,
  defaultMaxFrameBytes,
  type FrameEvent,
  FrameScanner,
  type Framing,
  fitsIn,
  frame,
  frameIn,
  mllpFraming,
} from './frame.ts';
export {
  createMllpServer,
  type MllpServer,
  type MllpServerCounters,
  type MllpServerOptions,
} from './server.ts';
export {
  type MllpClientTls,
  type MllpServerTls,
  type TlsPins,
  TlsRefusal,
  type TlsTrouble,
  type TlsTroubleKind,
  tlsTrouble,
} from './tls.ts';
