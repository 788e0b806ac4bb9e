import { faultOf, mayTryAgain, refusalOf } from './faults.ts';

const TRIES = 8;

/** Does it again when two sessions were in each other's way; what the server says otherwise becomes a failure. */
export async function again<Result>(act: () => Promise<Result>): Promise<Result> {
  for (let tried = 1; ; tried++) {
    try {
      return await act();
    } catch (error) {
      if (tried < TRIES && mayTryAgain(error)) continue;
      throw faultOf(error) ?? refusalOf(error);
    }
  }
}
