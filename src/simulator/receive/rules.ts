/** What this site accepts over HL7, and how: sites differ, and no public text says it of all of them. */
export interface ReceivingRules {
  /** Message types that are taken in; another one is rejected (AR). */
  readonly accepts: readonly string[];
  /** MSH-11 and MSH-12 that are expected; another one is rejected (AR). Empty: any. */
  readonly processing: readonly string[];
  readonly versions: readonly string[];
  /** Whether ADT about someone unknown makes a chart, or is refused (AE). */
  readonly registersUnknown: boolean;
  /** Whether the name and birth date of PID must agree with the chart that its number names. */
  readonly checksIdentity: boolean;
  /** A booking (S12), visit or note that came before under the same foreign number: refused (AE), or made again. */
  readonly repeated: 'refuse' | 'file again';
}

export const usualRules: ReceivingRules = {
  accepts: ['SIU', 'ADT', 'ORU', 'MDM'],
  processing: [],
  versions: [],
  registersUnknown: true,
  checksIdentity: true,
  repeated: 'refuse',
};

/** How the next messages are acknowledged. */
export interface AcknowledgementRule {
  /**
   * `AA`, `AE`, `AR`, `CA`, `CE`, `CR`: this code, whatever became of the message (a negative one: nothing did).
   * `none`: no answer. `other-id`: an answer to another control id. `close`: the connection is closed without a
   * word, `cut`: in the middle of the answer. `usual`: what the message deserves, perhaps late.
   */
  readonly answer: Answer;
  /** How many messages it answers (1). */
  readonly count?: number;
  /** Milliseconds before the answer, which is late then. */
  readonly delayMs?: number;
  /** Whether the message takes effect all the same; a negative code: not, everything else: it does. */
  readonly takesEffect?: boolean;
  /** Only messages of this type and trigger, `SIU^S12`, or of this type, `SIU`. */
  readonly message?: string;
}

export const answers = [
  'usual',
  'AA',
  'AE',
  'AR',
  'CA',
  'CE',
  'CR',
  'none',
  'other-id',
  'close',
  'cut',
] as const;
export type Answer = (typeof answers)[number];

/** Whether a rule lets its message take effect. */
export function takesEffect({ answer, takesEffect: said }: AcknowledgementRule): boolean {
  return said ?? !['AE', 'AR', 'CE', 'CR'].includes(answer);
}
