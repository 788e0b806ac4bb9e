/**
 * A small application that a hospital's events reach: what Suture delivers to in this demo. It keeps what
 * it is sent in its own SQLite file and shows it on a page. It knows nothing of hospitals or HL7.
 *
 * It checks the webhook's signature, and it does each thing once: the idempotency key of a request that was
 * already done gets the answer that it got then.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const port = Number(process.env.CARE_APP_PORT ?? 4620);
const secret = process.env.SUTURE_SECRET_CARE_APP ?? '';
const database = new DatabaseSync(
  process.env.SUTURE_DATA ? join(process.env.SUTURE_DATA, 'care-app.db') : ':memory:',
);
database.exec(`
  CREATE TABLE IF NOT EXISTS done (key TEXT PRIMARY KEY, status INTEGER NOT NULL, answer TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS admission (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS appointment (
    csn TEXT PRIMARY KEY, at INTEGER NOT NULL, changes INTEGER NOT NULL, body TEXT NOT NULL);
`);
const readDone = database.prepare('SELECT status, answer FROM done WHERE key = ?');
const keepDone = database.prepare('INSERT INTO done (key, status, answer) VALUES (?, ?, ?)');
const addAdmission = database.prepare('INSERT INTO admission (at, body) VALUES (?, ?)');
const addAppointment = database.prepare(
  'INSERT INTO appointment (csn, at, changes, body) VALUES (?, ?, 0, ?)',
);
const changeAppointment = database.prepare(
  'UPDATE appointment SET at = ?, changes = changes + 1, body = ? WHERE csn = ?',
);
const findAppointment = database.prepare('SELECT csn FROM appointment WHERE csn = ?');
const lastAdmissions = database.prepare('SELECT body FROM admission ORDER BY id DESC LIMIT 20');
const lastAppointments = database.prepare(
  'SELECT body, changes FROM appointment ORDER BY at DESC, csn LIMIT 20',
);
const count = database.prepare(
  'SELECT (SELECT count(*) FROM admission) AS admissions, (SELECT count(*) FROM appointment) AS appointments',
);

type Answer = { status: number; body: unknown };

/** Standard Webhooks: HMAC-SHA256 over id, timestamp and body; the timestamp at most five minutes off. */
function signed(request: IncomingMessage, body: string): boolean {
  const id = String(request.headers['webhook-id'] ?? '');
  const timestamp = String(request.headers['webhook-timestamp'] ?? '');
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const expected = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest();
  return String(request.headers['webhook-signature'] ?? '')
    .split(' ')
    .some((part) => {
      const given = Buffer.from(part.replace(/^v1,/, ''), 'base64');
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
}

function act(method: string, url: URL, body: string): Answer {
  const now = Date.now();
  const match = /^\/appointments\/(.+)$/.exec(url.pathname);
  if (method === 'GET' && url.pathname === '/appointments') {
    const csn = url.searchParams.get('csn') ?? '';
    const found = findAppointment.get(csn);
    return {
      status: 200,
      body: { matches: found ? [{ csn, path: `/appointments/${encodeURIComponent(csn)}` }] : [] },
    };
  }
  const sent = JSON.parse(body) as { csn?: string };
  if (method === 'POST' && url.pathname === '/admissions') {
    const { lastInsertRowid } = addAdmission.run(now, body);
    return { status: 201, body: { id: String(lastInsertRowid) } };
  }
  if (method === 'POST' && url.pathname === '/appointments') {
    if (!sent.csn) return { status: 422, body: { error: 'an appointment needs its csn' } };
    if (findAppointment.get(sent.csn))
      return { status: 409, body: { error: 'this appointment is already here' } };
    addAppointment.run(sent.csn, now, body);
    return { status: 201, body: { csn: sent.csn } };
  }
  if (method === 'PUT' && match) {
    const csn = decodeURIComponent(match[1] ?? '');
    const { changes } = changeAppointment.run(now, body, csn);
    return changes === 0
      ? { status: 404, body: { error: 'no such appointment' } }
      : { status: 200, body: { csn } };
  }
  return { status: 404, body: { error: 'not found' } };
}

/** The act and the memory of it in one transaction, so that a repeat finds either both or none. */
function once(key: string, work: () => Answer): Answer {
  const before = readDone.get(key);
  if (before) return { status: Number(before.status), body: JSON.parse(String(before.answer)) };
  database.exec('BEGIN IMMEDIATE');
  try {
    const answer = work();
    if (answer.status < 500) keepDone.run(key, answer.status, JSON.stringify(answer.body));
    database.exec('COMMIT');
    return answer;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

const htmlText = (value: unknown): string =>
  String(value ?? '').replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

function page(): string {
  const totals = count.get() as { admissions: number; appointments: number };
  const admissions = lastAdmissions.all().map((row) => {
    const { patient, visit } = JSON.parse(String(row.body));
    return `<tr><td>${htmlText(patient?.family)}, ${htmlText(patient?.given)}</td><td>${htmlText(patient?.birthDate)}</td>
      <td>${htmlText(visit?.unit)} ${htmlText(visit?.room)}</td><td>${htmlText(visit?.admittedAt)}</td></tr>`;
  });
  const appointments = lastAppointments.all().map((row) => {
    const { patient, start, minutes, status } = JSON.parse(String(row.body));
    return `<tr><td>${htmlText(patient?.family)}, ${htmlText(patient?.given)}</td><td>${htmlText(start)}</td>
      <td>${htmlText(minutes)} min</td><td>${htmlText(status)}</td><td>${htmlText(row.changes)}</td></tr>`;
  });
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Care app</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="2">
<link rel="icon" href="data:,"><style>
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem;color:#1d2733;background:#f6f8fa}
h1{font-size:1.4rem}h2{font-size:1.05rem;margin-top:2rem}table{border-collapse:collapse;width:100%;background:#fff}
td,th{text-align:left;padding:.45rem .7rem;border-bottom:1px solid #e3e8ee}th{font-weight:600;color:#52606d}
</style></head><body><h1>Care app</h1>
<p>What the hospital’s events have brought here, by Suture. Synthetic patients only.</p>
<h2>Admissions (<span id="admissions">${totals.admissions}</span>)</h2>
<table><tr><th>Patient</th><th>Born</th><th>Bed</th><th>Admitted</th></tr>
${admissions.join('') || '<tr><td colspan="4">None yet.</td></tr>'}</table>
<h2>Appointments (<span id="appointments">${totals.appointments}</span>)</h2>
<table><tr><th>Patient</th><th>Start</th><th>Length</th><th>Status</th><th>Changes</th></tr>
${appointments.join('') || '<tr><td colspan="5">None yet.</td></tr>'}</table></body></html>`;
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > 1_000_000) throw new Error('too large');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://care-app');
  if (request.method === 'GET' && url.pathname === '/') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page());
    return;
  }
  if (request.method === 'GET' && url.pathname === '/count') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(count.get()));
    return;
  }
  const body = await read(request);
  let answer: Answer;
  if (!signed(request, body)) answer = { status: 401, body: { error: 'the signature does not fit' } };
  else if (request.method === 'GET') answer = act('GET', url, body);
  else answer = once(String(request.headers['webhook-id']), () => act(request.method ?? '', url, body));
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
}

const server = createServer((request, response) => {
  handle(request, response).catch(() => response.writeHead(400).end());
});
server.on('error', (error) => {
  process.stderr.write(`care app: ${error.message}\n`);
  process.exit(2);
});
server.listen(port, '127.0.0.1', () => process.send?.('ready'));
const stop = (): void => {
  server.closeAllConnections();
  server.close(() => {
    database.close();
    process.exit(0);
  });
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, stop);
