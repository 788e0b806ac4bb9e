/** Why a message was not taken in. `AE`: its content; `AR`: it has no business here. */
export class Refused extends Error {
  readonly code: 'AE' | 'AR';
  /** ERR-2 of the answer: where it is wrong, `PID-3`. */
  readonly place: string | undefined;

  constructor(code: 'AE' | 'AR', message: string, place?: string) {
    super(message);
    this.code = code;
    this.place = place;
  }
}
