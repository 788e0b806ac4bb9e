/** A small Bulk Data server for the tests: one Group, files as told, and the faults that are asked for. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface BulkPartner {
  readonly base: string;
  readonly asked: {
    readonly method: string;
    readonly path: string;
    readonly authorization: string | undefined;
  }[];
  /** By type, the lines of each file. */
  files: { readonly type: string; readonly lines: readonly string[]; readonly count?: number }[];
  /** The next answers to the kick-off, in order; then it accepts. */
  readonly kickOffs: { status: number; body?: string; headers?: Record<string, string> }[];
  /** So many questions are answered with 202 first. */
  unready: number;
  readonly waitHeaders: Record<string, string>;
  /** The next file breaks off after so many bytes. */
  breakOff: number | null;
  /** Where files are said to be. */
  fileHost: string | null;
  deleted: boolean;
  close(): void;
}

export async function openBulkPartner(): Promise<BulkPartner> {
  const asked: BulkPartner['asked'] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const method = request.method ?? '';
    asked.push({ method, path, authorization: request.headers.authorization });
    if (path.includes('/$export')) return kickOff(response);
    if (method === 'DELETE') {
      partner.deleted = true;
      return void response.writeHead(202).end();
    }
    if (path.startsWith('/status')) return state(response);
    return file(Number(/\d+$/.exec(path)?.[0]), response);
  });

  function kickOff(response: ServerResponse): void {
    const next = partner.kickOffs.shift();
    if (next) return void response.writeHead(next.status, next.headers ?? {}).end(next.body ?? '');
    partner.deleted = false;
    response.writeHead(202, { 'content-location': '/status/1' }).end();
  }
  function state(response: ServerResponse): void {
    if (partner.deleted) return void response.writeHead(404).end();
    if (partner.unready > 0) {
      partner.unready -= 1;
      return void response.writeHead(202, { 'x-progress': 'at work', ...partner.waitHeaders }).end();
    }
    const output = partner.files.map(({ type, lines, count }, at) => ({
      type,
      url: `${partner.fileHost ?? root}/files/${at}`,
      count: count ?? lines.length,
    }));
    // As Epic writes it: a text.
    response.end(
      JSON.stringify({
        transactionTime: '2026-11-21T10:00:00Z',
        requiresAccessToken: 'true',
        output,
        error: [],
      }),
    );
  }
  function file(at: number, response: ServerResponse): void {
    const body = Buffer.from(`${partner.files[at]?.lines.join('\n')}\n`);
    if (partner.breakOff === null) return void response.end(body);
    const cut = partner.breakOff;
    partner.breakOff = null;
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, cut), () => setImmediate(() => response.destroy()));
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const partner: BulkPartner = {
    base: `${root}/fhir`,
    asked,
    files: [],
    kickOffs: [],
    unready: 0,
    waitHeaders: {},
    breakOff: null,
    fileHost: null,
    deleted: false,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return partner;
}
