/** What a person is told while the engine drains, and a sender that comes then. */
import { type Clock, Failure } from '../std/index.ts';

export interface Drain {
  /** Milliseconds until everything has ended; left out: 10 s. */
  readonly within?: number;
  /** Told every second what it waits for. */
  readonly waitsFor?: (text: string) => void;
}

const USUAL = 10_000;
/** Kept of it for what must be written after calls were broken off. */
const FOR_THE_END = 2_000;
const TELL_EVERY = 1_000;

/**
 * @param calls By connection: `mercy / app 2`.
 * @example
 * drainText(3, ['mercy / app 2']) // '3 deliveries in hand (answers awaited: mercy / app 2)'
 */
export function drainText(inHand: number, calls: readonly string[]): string {
  if (inHand === 0) return 'senders and pollers to end';
  const deliveries = inHand === 1 ? '1 delivery in hand' : `${inHand} deliveries in hand`;
  return calls.length === 0 ? deliveries : `${deliveries} (answers awaited: ${calls.join(', ')})`;
}

/** Tells every second what is waited for, and breaks off what takes too long; the function returned ends both. */
export function beginDrain(
  clock: Clock,
  { within = USUAL, waitsFor }: Drain,
  of: { readonly text: () => string; readonly breakOff: () => void },
): () => void {
  const cancel = clock.after(Math.max(within / 2, within - FOR_THE_END), of.breakOff);
  let cancelTelling = (): void => undefined;
  const tellLater = (): void => {
    cancelTelling = clock.after(TELL_EVERY, () => {
      waitsFor?.(of.text());
      tellLater();
    });
  };
  if (waitsFor !== undefined) tellLater();
  return () => {
    cancel();
    cancelTelling();
  };
}

/** For what comes over HTTP before the engine runs or while it drains: not kept, so it must come again. */
export function notRunning(at: { readonly site?: string; readonly connection?: string }): Failure {
  return new Failure({
    code: 'ENGINE_NOT_RUNNING',
    kind: 'rejected',
    message: 'The engine is starting or stopping; nothing is kept now.',
    fix: 'Send it again in a moment.',
    at,
  });
}
