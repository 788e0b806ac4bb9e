import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { sharedParts, siteJsonSchema } from '../site/index.ts';
import { connectorFields, connectors } from './index.ts';

const whole = siteJsonSchema(connectorFields);
const validate = new Ajv({ strict: false, validateFormats: false }).compile(sharedParts(whole));

const record = (connection: string): unknown =>
  parse(
    `site: mercy\nname: Mercy\nenvironment: sandbox\nehr: { vendor: epic }\ntimeZone: America/Chicago\n` +
      `identifiers: { mrn: { system: "urn:oid:1.2.3" } }\nconnections:\n  one: ${connection}\n`,
  );

const bySchema = (connection: string): boolean => validate(record(connection));
const byConnector = (connection: string): boolean => {
  const { connector, ...fields } = parse(connection) as { readonly connector: string };
  try {
    connectors.get(connector)?.parse({ connector, ...fields }, { site: 'mercy', connection: 'one' });
    return connectors.has(connector);
  } catch {
    return false;
  }
};

const EPIC = 'connector: epic, fhirBase: "https://fhir.mercy.example/api/FHIR/R4", clientId: c1';

describe('the fields of connections in the JSON Schema of site records', () => {
  test('every connector declares its own, and most of them say what they are for', () => {
    expect(Object.keys(connectorFields).sort()).toEqual([...connectors.keys()].sort());
    const text = JSON.stringify(whole);
    for (const told of [
      'MSH-9 types that are taken',
      'How the client proves who it is',
      'Where files come in',
    ])
      expect(text).toContain(told);
  });

  test.each<[connection: string, good: boolean]>([
    ['{ connector: mllp, listen: { port: 6661 } }', true],
    ['{ connector: mllp, lisen: { port: 6661 } }', false],
    ['{ connector: mllp, listen: { prot: 6661 } }', false],
    ['{ connector: mllp, listen: { port: many } }', false],
    ['{ connector: mllp, listen: { port: 6661, acknowledge: always } }', false],
    [`{ ${EPIC}, auth: { method: backend } }`, true],
    [`{ ${EPIC}, auth: { method: backnd } }`, false],
    [`{ ${EPIC} }`, false],
    [`{ ${EPIC}, auth: { method: backend }, do: { appointment.create: { route: book } } }`, true],
    [`{ ${EPIC}, auth: { method: backend }, do: { appointment.create: { route: bok } } }`, false],
    ['{ connector: fhir, fhirBase: "https://fhir.example/R4", changes: roster }', true],
    ['{ connector: fhir, fhirBase: "https://fhir.example/R4", chnges: roster }', false],
    ['{ connector: webhook, url: "https://app.example", secret: app, timeout: 5s }', true],
    ['{ connector: webhook, url: "https://app.example" }', false],
    ['{ connector: file, folder: /extracts, take: { format: csv } }', true],
    ['{ connector: file, folder: /extracts, take: { format: xls } }', false],
    ['{ connector: telegraph }', false],
  ])('judge as the connector does: %s', (connection, good) => {
    expect([bySchema(connection), byConnector(connection)]).toEqual([good, good]);
  });

  test('what all connections have, values of the environment and parts of records are taken', () => {
    expect(
      bySchema('{ connector: mllp, listen: { port: { env: PORT, default: 1 } }, repeats: { window: 1d } }'),
    ).toBe(true);
    const overlay = (text: string): boolean => validate(parse(text));
    expect(overlay('connections: { one: { listen: { port: 7001 } }, two: null }')).toBe(true);
    expect(overlay('connections: { one: { connector: mllp, idleTimeout: null } }')).toBe(true);
    expect(overlay('connections: { one: { connector: mllp, idelTimeout: 5m } }')).toBe(false);
  });

  test('the records of examples are right by it', () => {
    const root = join(import.meta.dirname, '..', '..');
    const files = globSync('examples/**/site.yaml', { cwd: root });
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const right = validate(parse(readFileSync(join(root, file), 'utf8')));
      expect([file, right ? [] : validate.errors?.slice(0, 3)]).toEqual([file, []]);
    }
  });
});
