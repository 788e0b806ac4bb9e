/**
 * `npm run bench:bulk`: a Bulk export streamed, parsed, hashed and compared with the one before, of which 2 % has changed.
 * The server is a process of its own; the reader's young heap is kept small, since what comes in is garbage a moment later.
 * Prints resources and megabytes a second, what was found, and the reader's memory.
 * Options: --resources N, --file N (resources in a file), --changed SHARE.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { type BulkMemory, type BulkState, bulkExport } from '../src/connectors/bulk/index.ts';
import { createHttp, unwatched, usualLimits } from '../src/fhir/index.ts';
import { contentHash, systemClock, systemRandom } from '../src/std/index.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** About 1 KB, as vital signs are. */
function observation(at: number, value: number): string {
  return JSON.stringify({
    resourceType: 'Observation',
    id: `o${at}`,
    identifier: [{ system: 'urn:oid:1.2.3.4', value: `${at}` }],
    status: 'final',
    category: [
      {
        coding: [
          {
            system: 'http://terminology.hl7.org/CodeSystem/observation-category',
            code: 'vital-signs',
            display: 'Vital Signs',
          },
        ],
        text: 'Vital Signs',
      },
    ],
    code: {
      coding: [
        { system: 'urn:oid:1.2.840.114350.1.13.0.1.7.2.707679', code: '8', display: 'PULSE' },
        { system: 'http://loinc.org', code: '8867-4', display: 'Heart rate' },
        { system: 'http://loinc.org', code: '8716-3', display: 'Vital signs' },
      ],
      text: 'Pulse',
    },
    subject: { reference: `Patient/e${at % 1_000}`, display: 'A patient of the benchmark' },
    encounter: {
      reference: `Encounter/v${at % 5_000}`,
      identifier: { system: 'urn:oid:1.2.3.8', value: `${at}` },
    },
    effectiveDateTime: '2026-11-20T10:00:00Z',
    issued: '2026-11-20T10:01:00Z',
    performer: [{ reference: 'Practitioner/p1', display: 'A nurse' }],
    valueQuantity: { value, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
  });
}

/** Serves the same export twice; of the second, some are other than before. */
function serve({ resources, file, changed }: { resources: number; file: number; changed: number }): void {
  const every = Math.round(1 / changed);
  const files = Math.ceil(resources / file);
  // Written once, so that the server's own work is not what is measured.
  const pass = (second: boolean): Buffer[] =>
    Array.from({ length: files }, (_each, number) => {
      const many = Math.min(file, resources - number * file);
      const lines = Array.from({ length: many }, (_line, at) => {
        const index = number * file + at;
        return observation(index, second && index % every === 0 ? 99 : 70);
      });
      return Buffer.from(`${lines.join('\n')}\n`);
    });
  const both = [pass(false), pass(true)];
  let run = -1;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    if (path.includes('$export')) {
      run++;
      return void response.writeHead(202, { 'content-location': '/status' }).end();
    }
    if (request.method === 'DELETE') return void response.writeHead(202).end();
    if (path === '/status') {
      const output = both[run]?.map((_body, at) => ({
        type: 'Observation',
        url: `/file/${at}`,
        count: Math.min(file, resources - at * file),
      }));
      return void response.end(JSON.stringify({ output, requiresAccessToken: false }));
    }
    return void response.end(both[run]?.[Number(path.split('/').at(-1))]);
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

/** What has been seen: 8 bytes for each identity and 8 for its content, as small as it can be told. */
class Seen {
  readonly #words: Uint32Array;
  readonly #mask: number;

  constructor(most: number) {
    const size = 2 ** Math.ceil(Math.log2(most * 2));
    this.#words = new Uint32Array(size * 4);
    this.#mask = size - 1;
  }

  /** True: other than it was, or never seen. */
  changes(identity: Buffer, content: Buffer): boolean {
    const [first, second] = [identity.readUInt32LE(0) || 1, identity.readUInt32LE(4)];
    const [third, fourth] = [content.readUInt32LE(0), content.readUInt32LE(4)];
    const words = this.#words;
    let at = first & this.#mask;
    while (words[at * 4] !== 0 && (words[at * 4] !== first || words[at * 4 + 1] !== second)) {
      at = (at + 1) & this.#mask;
    }
    const from = at * 4;
    if (words[from] === first && words[from + 2] === third && words[from + 3] === fourth) return false;
    words[from] = first;
    words[from + 1] = second;
    words[from + 2] = third;
    words[from + 3] = fourth;
    return true;
  }
}

const word = (hash: string): Buffer => Buffer.from(hash, 'base64url');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      resources: { type: 'string', default: '300000' },
      file: { type: 'string', default: '3000' },
      changed: { type: 'string', default: '0.02' },
    },
  });
  const wish = {
    resources: Number(values.resources),
    file: Number(values.file),
    changed: Number(values.changed),
  };
  if (process.env.BULK_SERVER !== undefined) return serve(wish);
  const server: ChildProcess = fork(import.meta.filename, process.argv.slice(2), {
    env: { ...process.env, BULK_SERVER: '1' },
  });
  const port = await new Promise<number>((resolve) =>
    server.once('message', (told) => resolve(told as number)),
  );
  const http = createHttp(systemClock, usualLimits);
  let state: BulkState | null = null;
  const memory: BulkMemory = {
    read: async () => state,
    async write(next) {
      state = next;
    },
  };
  const seen = new Seen(wish.resources);
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const idle = (process.memoryUsage.rss() / 1048576).toFixed(0);
  say(
    `${wish.resources} resources in files of ${wish.file}, ${wish.changed * 100} % changed; ${idle} MiB before:`,
  );
  for (const name of ['first', 'second']) {
    state = null;
    let bytes = 0;
    let records = 0;
    let changed = 0;
    let began = 0;
    const all = bulkExport(
      {
        http,
        clock: systemClock,
        random: systemRandom,
        fhirBase: `http://127.0.0.1:${port}/fhir`,
        group: 'bench',
        types: ['Observation'],
        window: 0,
        memory,
        watch: unwatched,
      },
      { signal: new AbortController().signal },
    );
    for await (const list of all) {
      began ||= performance.now();
      for (const record of list) {
        bytes += record.bytes.length;
        records++;
        const {
          meta: _meta,
          text: _text,
          ...content
        } = JSON.parse((record.bytes as Buffer).toString()) as {
          meta?: unknown;
          text?: unknown;
          id: string;
        };
        if (seen.changes(word(contentHash(content.id)), word(contentHash(content)))) changed++;
      }
    }
    const seconds = (performance.now() - began) / 1_000;
    say(
      `  ${name.padEnd(6)} ${Math.round(records / seconds)} resources/s, ${(bytes / seconds / 1e6).toFixed(0)} MB/s, ` +
        `${changed} new or changed, ${(peak / 1048576).toFixed(0)} MiB of memory at most`,
    );
  }
  clearInterval(sampling);
  await http.close();
  server.kill();
}

await main();
