/** The thread in which scripts run: QuickJS (WebAssembly) and nothing else. Every task gets an engine of its own. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import releaseSync from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { systemClock } from '../std/index.ts';
import { installHl7 } from './mirth/hl7-xml.ts';
import { installRows } from './mirth/rows.ts';
import { installShim } from './mirth/shim.ts';
import { installXml } from './mirth/xml.ts';
import { installXmlReader } from './mirth/xml-reader.ts';
import type { Answer, Fault, Task } from './protocol.ts';
import { layRules } from './rules.ts';

const port = parentPort as MessagePort;

/** A script that begins so finds around it what scripts of Mirth Connect expect. */
const WANTS_MIRTH = /^\s*(['"])use mirth\1/;

/** Everything before the script, in one expression: nothing of it is a global that the script sees. */
const PRELUDE = `(function (globals, json, at, offset, mirth) {
  const seal = (${layRules})(globals, at);
  const input = JSON.parse(json);
  if (mirth) {
    const world = {};
    (${installXml})(world);
    (${installXmlReader})(world);
    (${installHl7})(world);
    (${installRows})(world);
    (${installShim})(world, globals, { input, at, offset });
  }
  return { seal, input };
})`;

// Its types speak of the module as a whole; what Node gives is its default export.
const variant = releaseSync as unknown as QuickJSSyncVariant;
const module: QuickJSWASMModule = await newQuickJSWASMModuleFromVariant(variant);

class Stopped extends Error {
  readonly fault: Fault;
  readonly line: number | null;
  constructor(fault: Fault, said: string, line: number | null = null) {
    super(said);
    this.fault = fault;
    this.line = line;
  }
}

function run(task: Task): Answer {
  const { limits } = task;
  const runtime = module.newRuntime();
  runtime.setMemoryLimit(limits.memory);
  runtime.setMaxStackSize(limits.stack);
  const started = systemClock.elapsed();
  let late = false;
  runtime.setInterruptHandler(() => {
    late ||= systemClock.elapsed() - started > limits.deadline;
    return late;
  });
  const vm = runtime.newContext();
  try {
    return { result: evaluate(vm, task, () => late) };
  } catch (error) {
    if (error instanceof Stopped) return { fault: error.fault, line: error.line, said: error.message };
    return { fault: late ? 'late' : 'broken', line: null, said: String(error) };
  } finally {
    vm.dispose();
    runtime.dispose();
  }
}

function evaluate(vm: QuickJSContext, task: Task, late: () => boolean): string {
  const held: QuickJSHandle[] = [];
  const keep = (handle: QuickJSHandle): QuickJSHandle => {
    held.push(handle);
    return handle;
  };
  /** The value of a call or an evaluation; else it stops, with the fault and the line. */
  const take = (outcome: ReturnType<QuickJSContext['evalCode']>, invalid: Fault = 'threw'): QuickJSHandle => {
    if (outcome.error === undefined) return keep(outcome.value);
    const thrown = keep(outcome.error);
    if (late()) throw new Stopped('late', '');
    const text = (name: string): string => {
      if (vm.typeof(thrown) !== 'object') return '';
      const property = vm.getProp(thrown, name);
      const value = vm.typeof(property) === 'string' ? vm.getString(property) : '';
      property.dispose();
      return value;
    };
    const said = text('message') || String(vm.dump(thrown));
    const name = text('name');
    if (name === 'InternalError' && /out of memory/i.test(said)) throw new Stopped('memory', said);
    const line = new RegExp(`${task.file.replaceAll(/[.*+?^${'$'}{}()|[\]\\]/g, '\\$&')}:(\\d+)`).exec(
      text('stack'),
    )?.[1];
    throw new Stopped(
      name === 'SyntaxError' ? invalid : 'threw',
      `${name}: ${said}`,
      line === undefined ? null : Number(line),
    );
  };
  try {
    const prelude = take(vm.evalCode(PRELUDE, 'sandbox', { strict: false }));
    const mirth = WANTS_MIRTH.test(task.source);
    const laid = take(
      vm.callFunction(
        prelude,
        vm.undefined,
        vm.global,
        keep(vm.newString(task.input)),
        keep(vm.newNumber(task.at)),
        keep(vm.newNumber(task.offset)),
        mirth ? vm.true : vm.false,
      ),
    );
    const script = take(
      vm.evalCode(`(function (input) {${task.source}\n})`, task.file, { strict: false }),
      'invalid',
    );
    if (vm.typeof(script) !== 'function')
      throw new Stopped('invalid', 'the script closes the function it stands in');
    const result = take(vm.callFunction(script, vm.undefined, keep(vm.getProp(laid, 'input'))));
    const json = take(vm.callFunction(keep(vm.getProp(laid, 'seal')), vm.undefined, result));
    if (vm.typeof(json) !== 'string') throw new Stopped('no result', '');
    const length = keep(vm.getProp(json, 'length'));
    if (vm.getNumber(length) > task.limits.result) throw new Stopped('large', 'its result');
    return vm.getString(json);
  } finally {
    for (const handle of held.reverse()) if (handle.alive) handle.dispose();
  }
}

port.on('message', (task: Task) => {
  port.postMessage(run(task));
});
port.postMessage('ready');
