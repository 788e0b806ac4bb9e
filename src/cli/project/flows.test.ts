import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { toYaml } from '../../flow/index.ts';
import { loadProject } from './index.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suture-flows-'));
  write('suture.config.ts', 'export default {};\n');
  write(
    'sites/mercy/site.yaml',
    `site: mercy
name: Mercy
environment: sandbox
tags: [cardiology]
ehr: { vendor: epic }
timeZone: America/Chicago
identifiers: { mrn: { system: urn:mrn, hl7: { type: MR } } }
connections:
  app: { connector: webhook, url: http://127.0.0.1:1/, secret: app }
`,
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

const told = async (): Promise<string[]> =>
  (await loadProject(folder, {})).faults.map(
    ({ file, line, reason, fix }) => `${file.slice(folder.length + 1)}:${line}: ${reason}; ${fix}`,
  );

const greeting = `flow: greeting
sites: [ tag:cardiology ]
on: { hl7: ADT^A01 }
steps:
  - map: body
    file: greeting
  - code: price
    reads: { mrn: hl7:PID-3.1 }
    script: scripts/price.js
  - send: out
    connection: app
    do: send
    args:
      body: body
`;
const flow = (...steps: string[]): string =>
  `flow: wrong\non: { hl7: ADT^A01 }\nsteps:\n${steps.map((line) => `  ${line}\n`).join('')}`;

test('a flow of YAML takes its maps and scripts from files, runs by tag, and is written as its file is', async () => {
  write('flows/greeting.yaml', greeting);
  write('maps/greeting.yaml', 'fields:\n  name: event.patient.name[0].family\n');
  write('scripts/price.js', '({ mrn }) => ({ total: mrn.length })');
  expect(await told()).toEqual([]);
  const { flows } = await loadProject(folder, {});
  expect(flows[0]?.steps.slice(0, 2)).toMatchObject([
    { map: 'greeting', fields: { name: 'event.patient.name[0].family' } },
    { script: 'scripts/price.js', source: '({ mrn }) => ({ total: mrn.length })' },
  ]);
  expect(toYaml(flows[0] as never)).toBe(greeting);
});

test('each fault has its file and line, the nearest word and what to do', async () => {
  write('flows/greeting.yaml', greeting);
  write('maps/greting.yaml', 'fields:\n  name: event.type\n');
  const steps = ['- send: out', '  connection: ap', '  do: sned', '- map: m', '  fields:'];
  const wrong = flow(...steps, '    a: event.patient.birthdate');
  write('flows/wrong.yaml', `sites: [ mercy, mercyy, tag:cardiologi ]\n${wrong}`);
  write('flows/broken.yaml', 'flow: broken\non: { hl7: ADT^A01\n');
  write('flows/zz.yaml', flow('- send: out', '  connection: app', '  do: send'));
  const all = await told();
  expect(all[0]).toMatch(/^flows\/broken\.yaml:\d: it is no YAML: /);
  expect(all.join('\n')).toContain('another file has a flow named "wrong", too');
  for (const expected of [
    'flows/greeting.yaml:6: greeting, step "body", map: there is no map "greeting"; Did you mean "greting"?',
    'flows/greeting.yaml:9: greeting, step "price", script: there is no file scripts/price.js; Make it, or correct the name; it begins at the project’s folder.',
    'flows/wrong.yaml:7: wrong, step "out", do: no connector can do "sned"; Did you mean "send"?',
    'flows/wrong.yaml:10: wrong, step "m", fields.a: "event.patient.birthdate": Patient has no "birthdate"; Did you mean "birthDate"?',
    'flows/wrong.yaml:1: wrong, sites: there is no site "mercyy"; did you mean "mercy"?',
    'flows/wrong.yaml:1: wrong, sites: no site has the tag "cardiologi"; did you mean "cardiology"?',
    'flows/wrong.yaml:5: wrong, step "out": the site mercy has no connection "ap"; did you mean "app"?',
  ])
    expect(all).toContain(expected);
});
