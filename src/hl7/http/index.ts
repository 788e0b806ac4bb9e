/** HL7 v2 over HTTP: POST a message as application/hl7-v2, get its acknowledgement in the answer. */
export {
  createHl7HttpClient,
  type Hl7HttpClient,
  type Hl7HttpClientOptions,
  type Hl7HttpResult,
} from './client.ts';
export {
  createHl7HttpServer,
  type Hl7HttpPeer,
  type Hl7HttpServer,
  type Hl7HttpServerOptions,
} from './server.ts';
