import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromJson, toJson } from './json.ts';
import { parse } from './message.ts';
import { splitMessages } from './split.ts';
import { validate } from './validate/index.ts';

/** Messages of other projects, where a developer has them beside this one: or name the folder in HL7_CORPUS. */
const corpus = process.env.HL7_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus/hl7v2');

describe.skipIf(corpus === '' || !existsSync(corpus))('messages of other projects', () => {
  const files = existsSync(corpus)
    ? readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(hl7|txt)$/i.test(name))
    : [];

  it('come back byte for byte through both forms, and can be judged', () => {
    expect(files.length).toBeGreaterThan(0);
    for (const name of files)
      for (const bytes of splitMessages(readFileSync(join(corpus, name))).messages) {
        const message = parse(bytes);
        const compact = JSON.parse(JSON.stringify(toJson(message)));
        expect(Buffer.compare(fromJson(compact).bytes(), bytes), name).toBe(0);
        const readable = JSON.parse(JSON.stringify(toJson(message, { form: 'readable' })));
        expect(Buffer.compare(fromJson(readable).bytes(), bytes), name).toBe(0);
        expect(() => validate(message)).not.toThrow();
      }
  });
});
