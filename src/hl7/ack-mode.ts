import type { Header } from './header.ts';

/** HL7 table 0155: always, never, on error or rejection only, on success only. */
export type AckCondition = 'AL' | 'NE' | 'ER' | 'SU';

/** How one stage of taking a message ended. */
export type AckOutcome = 'accept' | 'error' | 'reject';

/** What became of a message so far. */
export interface Handling {
  /** Whether it is kept safely. */
  readonly stored: AckOutcome;
  /** What the application made of it; left out while it is not known. */
  readonly applied?: AckOutcome;
}

/** The acknowledgements that a message's sender is owed. */
export interface OwedAcks {
  /** `none` for what is itself an acknowledgement. */
  readonly mode: 'original' | 'enhanced' | 'none';
  /** To send now: the accept acknowledgement of enhanced mode. */
  readonly commit: 'CA' | 'CE' | 'CR' | undefined;
  /** The application acknowledgement; `later` when the outcome decides it and is not known yet. */
  readonly application: 'AA' | 'AE' | 'AR' | 'later' | undefined;
}

const commitCodes = { accept: 'CA', error: 'CE', reject: 'CR' } as const;
const applicationCodes = { accept: 'AA', error: 'AE', reject: 'AR' } as const;

/** True for an acknowledgement, which is never acknowledged itself: two systems would answer each other for ever. */
export const isAck = (header: Pick<Header, 'code'>): boolean =>
  header.code === 'ACK' || header.code === 'MCF';

/**
 * Original mode when MSH-15 and MSH-16 are both empty, enhanced mode when either is set (HL7 2.5.1 chapter 2.9.2 and 2.9.3);
 * HL7's `""` counts as empty.
 */
export const ackModeOf = (header: Pick<Header, 'code' | 'acceptAck' | 'applicationAck'>): OwedAcks['mode'] =>
  isAck(header)
    ? 'none'
    : isEmpty(header.acceptAck) && isEmpty(header.applicationAck)
      ? 'original'
      : 'enhanced';

const isEmpty = (value: string): boolean => value === '' || value === '""';

/**
 * Which acknowledgements a message is owed. In original mode one: AA, AE or AR. In enhanced mode the accept
 * acknowledgement (CA, CE, CR) by MSH-15 once the message is kept or not, and the application's by MSH-16 once it is
 * processed; what was not accepted is never processed, so no application acknowledgement follows a CE or CR. A field left
 * empty beside a filled one means NE. A value that is none of table 0155 counts as AL: an answer too many is
 * seen, a sender that waits for ever is not.
 *
 *     acksOwed(peek(bytes), { stored: 'accept' })
 *     // MSH-15 AL, MSH-16 NE: { mode: 'enhanced', commit: 'CA', application: undefined }
 */
export function acksOwed(
  header: Pick<Header, 'code' | 'acceptAck' | 'applicationAck'>,
  { stored, applied }: Handling,
): OwedAcks {
  const mode = ackModeOf(header);
  if (mode === 'none') return { mode, commit: undefined, application: undefined };
  const final = stored === 'accept' ? applied : stored;
  if (mode === 'original')
    return {
      mode,
      commit: undefined,
      application: final === undefined ? 'later' : applicationCodes[final],
    };
  const commit = isWanted(header.acceptAck, stored) ? commitCodes[stored] : undefined;
  if (stored !== 'accept') {
    // A sender that wants no accept acknowledgement learns of a refusal by the one it wants.
    const owed = isEmptyOrNever(header.acceptAck) && isWanted(header.applicationAck, stored);
    return { mode, commit, application: owed ? applicationCodes[stored] : undefined };
  }
  if (applied === undefined)
    return { mode, commit, application: isEmptyOrNever(header.applicationAck) ? undefined : 'later' };
  return {
    mode,
    commit,
    application: isWanted(header.applicationAck, applied) ? applicationCodes[applied] : undefined,
  };
}

const isEmptyOrNever = (condition: string): boolean => isEmpty(condition) || condition === 'NE';

function isWanted(condition: string, outcome: AckOutcome): boolean {
  if (isEmptyOrNever(condition)) return false;
  if (condition === 'ER') return outcome !== 'accept';
  if (condition === 'SU') return outcome === 'accept';
  return true;
}
