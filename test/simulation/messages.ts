/** What senders send: messages of patients that do not exist, each with its number in its sender's order. */
export interface Sent {
  readonly sender: string;
  /** Place in its sender's order. */
  readonly nth: number;
  readonly type: string;
  readonly controlId: string;
  /** Two of a merge: the retired one first. */
  readonly patients: readonly string[];
  /** No header that could be used: it is kept and refused. */
  readonly broken: boolean;
  readonly text: string;
  readonly bytes: Uint8Array;
}

export function messageOf(of: Omit<Sent, 'text' | 'bytes'>): Sent {
  const [patient = '', other] = of.patients;
  // In a merge PID names the survivor and MRG the retired one; an unlink names two.
  const pid = (name: string): string => `PID|1||${name}^^^NORTH^MR`;
  const named =
    other === undefined
      ? [pid(patient)]
      : of.type === 'ADT^A37'
        ? [pid(other), pid(patient)]
        : [pid(other), `MRG|${patient}^^^NORTH^MR`];
  const text = [
    `MSH|^~\\&|${of.sender}|NORTH|SUTURE|SUTURE|20260921||${of.type}|${of.controlId}|P|2.5`,
    ...named,
    `ZSQ|${of.sender}|${of.nth}`,
  ].join('\r');
  return { ...of, text, bytes: new Uint8Array(Buffer.from(text, 'latin1')) };
}

/** A record that polling finds: an appointment, in one of its versions. */
export function recordOf(sender: string, nth: number, patient: string): Sent {
  const text = JSON.stringify({
    resourceType: 'Appointment',
    id: `a${nth % 5}`,
    comment: `${patient} ${nth}`,
  });
  return {
    sender,
    nth,
    type: 'Appointment',
    controlId: `a${nth % 5}`,
    patients: [patient],
    broken: false,
    text,
    bytes: new Uint8Array(Buffer.from(text)),
  };
}

export const nameOf = (message: Sent): string =>
  `${message.sender}#${message.nth} ${message.type} ${message.controlId} ${message.patients.join('>')}`;
