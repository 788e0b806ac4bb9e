import type { Behaviour } from '../profile/index.ts';
import { Handed, opaqueWord } from './one-time.ts';
import type { User } from './users.ts';

/** What a person, or the hospital for a backend client, has allowed a client. */
export interface Grant {
  readonly clientId: string;
  /** Absent: the background user. */
  readonly user?: User;
  /** What was asked for in `scope`. */
  readonly asked: readonly string[];
  readonly nonce?: string;
  /** FHIR id of the patient in context. */
  readonly patientId?: string;
  readonly encounterId?: string;
  readonly locationId?: string;
  readonly appointmentId?: string;
  readonly department?: string;
  /** From inside the EHR, where the banner is on the screen already. */
  readonly launched?: boolean;
  /** How long it lasts without the person, seconds; 0: as long as the access token. */
  readonly persistentSeconds: number;
}

interface Persistent {
  readonly grant: Grant;
  readonly expires: number;
}

/** The access and refresh tokens in force. Each request gives another one, also to the same client. */
export class Tokens {
  readonly #access: Handed<Grant>;
  readonly #refresh: Handed<Persistent>;
  /** Access tokens that have registered an instance: they may not do so again. */
  readonly #registered: Handed<true>;
  readonly #behaviour: Behaviour;
  readonly #now: () => number;

  constructor(behaviour: Behaviour, now: () => number) {
    this.#behaviour = behaviour;
    this.#now = now;
    this.#access = new Handed(now);
    this.#refresh = new Handed(now);
    this.#registered = new Handed(now);
  }

  issue(grant: Grant, seconds: number): string {
    const token = opaqueWord(this.#behaviour.tokenFormat);
    this.#access.put(token, grant, this.#now() + seconds * 1000);
    return token;
  }

  /** A token for a client that acts for itself. */
  issueTo(clientId: string, seconds: number): string {
    return this.issue({ clientId, asked: [], persistentSeconds: 0 }, seconds);
  }

  /** The client a token speaks for, while it is in force. */
  clientOf(token: string): string | undefined {
    return this.#access.get(token)?.clientId;
  }

  /** What a token stands for, while it is in force. */
  grantOf(token: string): Grant | undefined {
    return this.#access.get(token);
  }

  /** True once for a token: the initial token of a registration works one time. */
  spendOnRegistration(token: string): boolean {
    if (this.#registered.get(token)) return false;
    this.#registered.put(token, true, this.#access.expiryOf(token) ?? 0);
    return true;
  }

  /** A refresh token for a grant that lasts; `expires` when it follows an earlier one. */
  persist(grant: Grant, expires = this.#now() + grant.persistentSeconds * 1000): string {
    const token = opaqueWord(this.#behaviour.tokenFormat, 640);
    this.#refresh.put(token, { grant, expires }, expires);
    return token;
  }

  /**
   * Uses a refresh token: what it stands for, and the refresh token to answer with, if any. Whether its end
   * moves, and whether another one takes its place, are switches.
   */
  refresh(token: string, clientId: string): { grant: Grant; refreshToken?: string } | undefined {
    const found = this.#refresh.get(token);
    if (!found || found.grant.clientId !== clientId) return undefined;
    const { grant } = found;
    const moved = this.#behaviour.persistentAccess === 'indefinite';
    const expires = moved ? this.#now() + grant.persistentSeconds * 1000 : found.expires;
    if (this.#behaviour.refreshTokenAnew) {
      this.#refresh.take(token);
      return { grant, refreshToken: this.persist(grant, expires) };
    }
    if (moved) this.#refresh.put(token, { grant, expires }, expires);
    return { grant };
  }

  /** Ends one access token. */
  end(token: string): void {
    this.#access.take(token);
  }

  /** Ends every access token at once. */
  expireAll(): void {
    this.#access.end();
  }

  /** Ends what clients hold: access and refresh tokens, of one client or of all; tells how many. */
  revoke(clientId?: string): number {
    const theirs = (grant: Grant) => clientId === undefined || grant.clientId === clientId;
    return this.#access.end(theirs) + this.#refresh.end(({ grant }) => theirs(grant));
  }

  get counts(): { access: number; refresh: number } {
    return { access: this.#access.size, refresh: this.#refresh.size };
  }
}
