/** What a script from elsewhere can do in the sandbox, and what it cannot. */
import { afterAll, describe, expect, it } from 'vitest';
import { createSandbox, type SandboxRun } from './index.ts';

const sandbox = createSandbox({ limits: { deadline: 400, result: 10_000, input: 100_000 } });
const patient = createSandbox({ limits: { deadline: 20_000, memory: 8 * 1024 * 1024 } });
afterAll(() => Promise.all([sandbox.close(), patient.close()]));

const run = (source: string, input: unknown = null, options: SandboxRun = {}) =>
  sandbox.run({ file: 'code/step.js', source }, input as never, options);
const fails = (source: string, in_ = run) =>
  in_(source).then(
    (value) => ({ code: 'no failure', value }),
    ({ code, at, detail, retry }) => ({ code, path: at.path, detail, again: retry.again }),
  );

describe('a script in the sandbox', () => {
  it('is given JSON and gives JSON', async () => {
    const source = 'return { family: input.name.toUpperCase(), ages: input.ages.map((age) => age + 1) };';
    expect(await run(source, { name: 'Lopez', ages: [1, 2] })).toEqual({ family: 'LOPEZ', ages: [2, 3] });
    expect(await run('')).toBe(null);
  });

  it('finds nothing of Node, of the network or of this machine', async () => {
    const names =
      'process require fetch module global Buffer setTimeout setInterval queueMicrotask WebAssembly Worker XMLHttpRequest performance console std os';
    const source = `return ${JSON.stringify(names.split(' '))}.filter((name) => name in globalThis || (0, eval)('typeof ' + name) !== 'undefined');`;
    expect(await run(source)).toEqual([]);
    expect(await run('return (() => 0).constructor("return typeof process")()')).toBe('undefined');
  });

  it('sees the time it is given, whatever way it asks, and no chance', async () => {
    const at = Date.UTC(2026, 0, 31, 12);
    const source =
      'return [Date.now(), +new Date(), +new (new Date(0)).constructor(), new Date().toISOString(), new Date(2020, 1, 1).getTime()]';
    const told = [at, at, at, '2026-01-31T12:00:00.000Z', Date.UTC(2020, 1, 1)];
    expect(await run(source, null, { at })).toEqual(told);
    expect(await fails('return Math.random()')).toMatchObject({ code: 'SCRIPT_FAILED', again: false });
  });

  it('is stopped when it does not end: by itself where it can be, from outside where it cannot', async () => {
    expect(await fails('for (;;) {}')).toMatchObject({ code: 'SCRIPT_TOO_LONG', path: 'code/step.js' });
    expect(await fails('for (;;) { try { for (;;) {} } catch {} }')).toMatchObject({
      code: 'SCRIPT_TOO_LONG',
    });
    expect(await fails('return /^(a+)+$/.test("a".repeat(60) + "b")')).toMatchObject({
      code: 'SCRIPT_TOO_LONG',
    });
    // One operation that asks nobody on its way.
    expect(await fails('return Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1)')).toMatchObject({
      code: 'SCRIPT_TOO_LONG',
    });
    expect(await run('return 1')).toBe(1);
  });

  it('is stopped when it wants more memory than it may have', async () => {
    const greedy = (source: string) => patient.run({ file: 'code/step.js', source }, null);
    expect(await fails('const all = []; for (;;) all.push({ one: 1 });', greedy)).toMatchObject({
      code: 'SCRIPT_TOO_MUCH_MEMORY',
      again: false,
    });
    expect(await fails('return new ArrayBuffer(1e9).byteLength', greedy)).toMatchObject({
      code: 'SCRIPT_TOO_MUCH_MEMORY',
    });
    expect(await fails('const f = () => f() + 1; return f();', greedy)).toMatchObject({
      code: 'SCRIPT_FAILED',
    });
    expect(await greedy('return "still here"')).toBe('still here');
  });

  it('leaves nothing behind: no prototype, no global, inside or outside', async () => {
    const source = `
      Object.prototype.evil = 1; Array.prototype.push = null; JSON.stringify = () => '"mine"'; globalThis.kept = 1;
      return JSON.parse('{"__proto__": {"evil": 2}, "constructor": {"prototype": {"evil": 3}}}');`;
    const given = (await run(source)) as object;
    expect(Object.keys(given)).toEqual(['__proto__', 'constructor']);
    expect(({} as { evil?: number }).evil).toBe(undefined);
    expect(Object.getPrototypeOf(given)).toBe(Object.prototype);
    expect(await run('return [{}.evil === undefined, typeof [].push, typeof kept]')).toEqual([
      true,
      'function',
      'undefined',
    ]);
  });

  it('goes in and out only up to a size', async () => {
    expect(await fails('return "x".repeat(20000)')).toMatchObject({ code: 'SCRIPT_TOO_LARGE' });
    await expect(run('return 1', 'x'.repeat(200_000))).rejects.toMatchObject({ code: 'SCRIPT_TOO_LARGE' });
    expect(await fails('return Promise.resolve(1)')).toMatchObject({ code: 'SCRIPT_NO_RESULT' });
    expect(await fails('return () => 1')).toMatchObject({ code: 'SCRIPT_NO_RESULT' });
  });

  it('fails with its file and line, and what it said only in the sealed detail', async () => {
    const thrown = await sandbox
      .run({ file: 'code/step.js', source: '\n\nthrow new Error("LOPEZ is odd");' }, null)
      .catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'SCRIPT_FAILED', at: { path: 'code/step.js:3' } });
    expect(JSON.stringify(thrown)).not.toContain('LOPEZ');
    expect((thrown as { detail: string }).detail).toContain('LOPEZ');
    expect(await fails('\nvar a b;')).toMatchObject({ code: 'SCRIPT_INVALID', path: 'code/step.js:2' });
  });

  it('gives up at once when the engine stops', async () => {
    const own = createSandbox({ limits: { deadline: 60_000 } });
    const both = Promise.allSettled(
      ['for (;;) {}', 'return 1'].map((source) => own.run({ file: 'code/step.js', source }, null)),
    );
    await own.close();
    for (const each of await both) expect(each).toMatchObject({ reason: { code: 'SANDBOX_CLOSED' } });
    await expect(own.run({ file: 'code/step.js', source: '' }, null)).rejects.toMatchObject({
      code: 'SANDBOX_CLOSED',
    });
  });
});
