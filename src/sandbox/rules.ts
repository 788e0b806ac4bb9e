/**
 * The first thing that runs in the sandbox, sent there as its own source text: takes away what would make two runs of one
 * script differ (clock, chance), and keeps what the sandbox itself needs from being changed by the script.
 */
export function layRules(
  globals: Record<string, unknown>,
  at: number,
): (result: unknown) => string | undefined {
  const RealDate = Date;
  function FixedDate(this: unknown, ...args: unknown[]): unknown {
    if (new.target === undefined) return new RealDate(at).toString();
    return args.length === 0
      ? new RealDate(at)
      : new (RealDate as new (...given: unknown[]) => Date)(...args);
  }
  FixedDate.prototype = RealDate.prototype;
  FixedDate.now = () => at;
  FixedDate.parse = RealDate.parse;
  FixedDate.UTC = RealDate.UTC;
  // A date's constructor would lead back to the real one.
  Object.defineProperty(RealDate.prototype, 'constructor', { value: FixedDate });
  globals.Date = FixedDate;
  Math.random = () => {
    throw new Error(
      'there is no chance in the sandbox: Math.random would give another value at every attempt',
    );
  };
  for (const name of [
    'performance',
    'console',
    'print',
    'scriptArgs',
    'std',
    'os',
    'bjson',
    'SharedArrayBuffer',
    'Atomics',
    'WeakRef',
    'FinalizationRegistry',
    'gc',
    'navigator',
  ])
    delete globals[name];
  const { stringify } = JSON;
  return (result) => {
    if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') return undefined;
    return stringify(result === undefined ? null : result);
  };
}
