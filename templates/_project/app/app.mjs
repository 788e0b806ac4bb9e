/**
 * A pretend application: what your flows deliver to until it is your own. It keeps what it is sent, by collection, in a
 * SQLite file, and shows it on a page. It knows nothing of hospitals or HL7.
 *
 *   POST /<collection>               keeps a record, answers { id }
 *   GET  /<collection>?field=value   answers { matches: [...] }
 *   PUT  /<collection>/<id>          replaces a record
 *   GET  /count                      how many records each collection has
 *
 * Two things it does as a real one should: it checks the webhook's signature, and it does each thing once. The idempotency
 * key of a request that was already done gets the answer that it got then.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const port = Number(process.env.APP_PORT ?? 4620);
const secret = process.env.SUTURE_SECRET_APP ?? '';
const folder = process.env.SUTURE_DATA;
const database = new DatabaseSync(folder ? join(folder, 'app.db') : ':memory:');
database.exec(`
  CREATE TABLE IF NOT EXISTS done (key TEXT PRIMARY KEY, status INTEGER NOT NULL, answer TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS record (
    id INTEGER PRIMARY KEY, collection TEXT NOT NULL, at INTEGER NOT NULL, changes INTEGER NOT NULL, body TEXT NOT NULL);
`);
const sql = {
  done: database.prepare('SELECT status, answer FROM done WHERE key = ?'),
  keep: database.prepare('INSERT INTO done (key, status, answer) VALUES (?, ?, ?)'),
  add: database.prepare('INSERT INTO record (collection, at, changes, body) VALUES (?, ?, 0, ?)'),
  change: database.prepare(
    'UPDATE record SET at = ?, changes = changes + 1, body = ? WHERE collection = ? AND id = ?',
  ),
  all: database.prepare(
    'SELECT id, changes, body FROM record WHERE collection = ? ORDER BY id DESC LIMIT 10000',
  ),
  counts: database.prepare('SELECT collection, count(*) AS count FROM record GROUP BY collection'),
  latest: database.prepare(
    'SELECT collection, id, changes, body FROM record ORDER BY at DESC, id DESC LIMIT 40',
  ),
};

/** Standard Webhooks: HMAC-SHA256 over id, timestamp and body; the timestamp at most five minutes off. */
function signed(request, body) {
  const id = String(request.headers['webhook-id'] ?? '');
  const timestamp = String(request.headers['webhook-timestamp'] ?? '');
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest();
  return String(request.headers['webhook-signature'] ?? '')
    .split(' ')
    .some((part) => {
      const given = Buffer.from(part.replace(/^v1,/, ''), 'base64');
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}

function act(method, url, body) {
  const [, collection = '', id] = url.pathname.split('/').map(decodeURIComponent);
  if (collection === '') return { status: 404, body: { error: 'name a collection' } };
  if (method === 'GET') {
    const wanted = [...url.searchParams];
    const matches = sql.all
      .all(collection)
      .map((row) => ({ ...JSON.parse(row.body), id: String(row.id), path: `/${collection}/${row.id}` }))
      .filter((record) => wanted.every(([field, value]) => String(record[field] ?? '') === value));
    return { status: 200, body: { matches } };
  }
  const record = JSON.stringify(JSON.parse(body));
  if (method === 'POST' && id === undefined) {
    const { lastInsertRowid } = sql.add.run(collection, Date.now(), record);
    return { status: 201, body: { id: String(lastInsertRowid) } };
  }
  if (method === 'PUT' && id !== undefined) {
    const { changes } = sql.change.run(Date.now(), record, collection, Number(id));
    return changes === 0 ? { status: 404, body: { error: 'no such record' } } : { status: 200, body: { id } };
  }
  return { status: 405, body: { error: 'GET, POST or PUT' } };
}

/** The act and the memory of it in one transaction, so that a repeat finds either both or none. */
function once(key, work) {
  const before = sql.done.get(key);
  if (before) return { status: before.status, body: JSON.parse(before.answer) };
  database.exec('BEGIN IMMEDIATE');
  try {
    const answer = work();
    if (answer.status < 500) sql.keep.run(key, answer.status, JSON.stringify(answer.body));
    database.exec('COMMIT');
    return answer;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

const html = (value) => String(value).replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function page() {
  const rows = sql.latest
    .all()
    .map(
      ({ collection, id, changes, body }) =>
        `<tr><td>${html(collection)}</td><td>${id}</td><td>${changes}</td><td><code>${html(body)}</code></td></tr>`,
    );
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Pretend application</title>
<meta http-equiv="refresh" content="2"><link rel="icon" href="data:,"><style>
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd}
code{word-break:break-all}</style></head><body><h1>Pretend application</h1>
<table><tr><th>Collection</th><th>Id</th><th>Changes</th><th>Record</th></tr>${rows.join('')}</table></body></html>`;
}

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > 1_000_000) throw new Error('too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function handle(request, response) {
  const url = new URL(request.url ?? '/', 'http://app');
  if (url.pathname === '/' && request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page());
    return;
  }
  const json = (status, body) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (request.method === 'GET' && url.pathname === '/count') {
    json(200, Object.fromEntries(sql.counts.all().map(({ collection, count }) => [collection, count])));
    return;
  }
  const body = await read(request);
  if (!signed(request, body)) return json(401, { error: 'the signature does not fit' });
  const work = () => act(request.method, url, body);
  const answer = request.method === 'GET' ? work() : once(String(request.headers['webhook-id']), work);
  json(answer.status, answer.body);
}

const server = createServer((request, response) => {
  handle(request, response).catch(() => response.writeHead(400).end());
});
server.on('error', (error) => {
  process.stderr.write(`app: ${error.message}\n`);
  process.exit(2);
});
server.listen(port, '127.0.0.1', () => process.send?.('ready'));
const stop = () => {
  server.closeAllConnections();
  server.close(() => {
    database.close();
    process.exit(0);
  });
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, stop);
