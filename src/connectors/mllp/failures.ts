/** Every failure of the MLLP connector, in one table. */
import { type FailureEntry, failuresOf } from '../../std/index.ts';

export const mllpFailures = {
  MLLP_CONFIG: {
    kind: 'config',
    about: "The connection's record is not right.",
    fix: 'Correct the field that is named in the site record.',
  },
  MLLP_PORT: {
    kind: 'config',
    about: 'The port cannot be listened on.',
    fix: 'Stop the program that holds the port, or choose another port (and host) under listen.',
  },
  MLLP_TLS: {
    kind: 'config',
    about: 'TLS did not come about; nothing was sent.',
    fix: 'Look at the certificates of both sides, and at tls under the connection.',
  },
  MLLP_LATER_REFUSAL: {
    kind: 'rejected',
    about: 'The receiver had kept a message (CA), and its application refused it afterwards (AE or AR).',
    fix: "Look at the receiver's error list for the control id; correct the message or the map, and replay.",
  },
  MLLP_CAPABILITY_UNKNOWN: {
    kind: 'config',
    about: 'The MLLP connector can only send.',
    fix: 'Use send.',
  },
  MLLP_UNSENDABLE: {
    kind: 'validation',
    about:
      'What is to be sent is no HL7 message that can be sent: no MSH, no control id, or a frame byte in it.',
    fix: 'Look at the body that the step gives; without one the message is sent as it was received, which must be HL7.',
  },
  MLLP_UNREACHABLE: {
    kind: 'unreachable',
    about: 'No connection could be made; nothing was sent.',
    fix: 'Check host and port, the network, and whether the receiver is up.',
  },
  MLLP_REFUSED: {
    kind: 'validation',
    about: 'The receiver refuses the content (AE or CE); sending it again changes nothing.',
    fix: "Look at the receiver's text in the delivery's history, correct the message or the map, and replay.",
  },
  MLLP_REJECTED: {
    kind: 'rejected',
    about: 'The receiver could not take the message for now (AR or CR).',
    fix: "It is tried again; if it goes on, look at the receiver's text: the header may not fit its set-up.",
  },
  MLLP_NO_ACK: {
    kind: 'unknown-outcome',
    about: 'The message was sent and no acknowledgement came in time: it may have been taken.',
    fix: 'It is sent again with the same control id; make sure the receiver knows repeats by it.',
  },
  MLLP_CLOSED: {
    kind: 'unknown-outcome',
    about: 'The connection ended before the acknowledgement: the message may have been taken.',
    fix: 'It is sent again with the same control id; look for a restart or a firewall in between.',
  },
  MLLP_ACK_MISMATCH: {
    kind: 'unknown-outcome',
    about: 'The acknowledgement is for another message (MSA-2): it counts for none.',
    fix: 'Have the receiver copy MSH-10 into MSA-2; the message is sent again with the same control id.',
  },
  MLLP_ACK_JUNK: {
    kind: 'unknown-outcome',
    about: 'The answer is no acknowledgement.',
    fix: 'Check that what listens there is an HL7 receiver; the message is sent again with the same control id.',
  },
} as const satisfies Readonly<Record<string, FailureEntry>>;

export type MllpFailureCode = keyof typeof mllpFailures;

export const mllpFailure = failuresOf(mllpFailures);
