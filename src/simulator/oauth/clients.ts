import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import type { Behaviour } from '../profile/index.ts';
import type { Grant } from './tokens.ts';

/** Who works with an application: nobody, staff of the hospital, or patients in its portal. */
export type UsedBy = 'backend' | 'clinicians' | 'patients';

/** An application as the hospital has it on record. */
export interface ClientOptions {
  readonly clientId: string;
  /** What people see when they are asked for consent. */
  readonly name?: string;
  /** `backend` when absent and no redirect URI is given, else `clinicians`. */
  readonly usedBy?: UsedBy;
  /** Where the client publishes its public keys. Epic demands TLS; a simulator on one machine takes http too. */
  readonly jwksUrl?: string;
  /** Public keys handed over by hand; of use only where the switch `staticKeys` is on. */
  readonly jwks?: JSONWebKeySet;
  /** A client secret. Without a secret and without keys the client is public. */
  readonly secret?: string;
  /** Compared as they are: exact, case-sensitive. */
  readonly redirectUris?: readonly string[];
  /** Where an EHR launch goes. */
  readonly launchUrl?: string;
  /**
   * Whether the site has mapped the client to a background user (when absent, the switch
   * `backgroundUserMapped` says). Until a site has, Epic answers a good assertion with 400 unauthorized_client.
   */
  readonly backgroundUser?: boolean;
  /** Whether instances of the client may register themselves (dynamic client registration). */
  readonly dynamicClients?: boolean;
  /**
   * The APIs on the client's record, in any spelling Epic has used: `system/Patient.rs`, `system/Patient.read`,
   * `Patient.Read`. Everything the simulator serves when absent. What the client asks for in `scope` changes nothing.
   */
  readonly scopes?: readonly string[];
}

/** A client record as it is kept: the secret only as a digest. */
export interface Client extends Omit<ClientOptions, 'secret'> {
  readonly usedBy: UsedBy;
  readonly secretDigest?: Buffer;
  /** For a client that registered itself: the grant it acts under. */
  readonly instanceOf?: { readonly clientId: string; readonly grant: Grant; readonly until: number };
}

/** What lists and pages show of a client: everything but the secret. */
export interface ClientState extends Omit<Client, 'secretDigest' | 'instanceOf'> {
  readonly hasSecret: boolean;
  readonly public: boolean;
  /** False while the record is still on its way (switch `clientSyncSeconds`). */
  readonly arrived: boolean;
  readonly instanceOf?: string;
}

const mostInstances = 10_000;

function digestOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The client records of the hospital. A new or changed record may take a while to arrive. */
export class Clients {
  readonly #records = new Map<string, Client>();
  readonly #onTheWay = new Map<string, { readonly client: Client; readonly from: number }>();
  readonly #instances = new Map<string, Client>();
  readonly #behaviour: Behaviour;
  readonly #now: () => number;

  constructor(behaviour: Behaviour, now: () => number) {
    this.#behaviour = behaviour;
    this.#now = now;
  }

  /** Puts a client on record, or replaces it, at once. */
  put(options: ClientOptions): void {
    const client = kept(options);
    this.#onTheWay.delete(client.clientId);
    this.#records.set(client.clientId, client);
  }

  /**
   * Registers a client as the registration page does: it gets an id when it has none, and the record arrives
   * when the switch `clientSyncSeconds` says.
   */
  register(options: Omit<ClientOptions, 'clientId'> & { readonly clientId?: string }): ClientState {
    const { clientId = randomUUID() } = options;
    const client = kept({ ...options, clientId });
    const seconds = this.#behaviour.clientSyncSeconds;
    if (seconds === 0) this.#records.set(clientId, client);
    else this.#onTheWay.set(clientId, { client, from: this.#now() + seconds * 1000 });
    return this.#state(client);
  }

  /** Puts an instance of a client on record, under an id of its own. */
  addInstance(parent: Client, grant: Grant, until: number, jwks: JSONWebKeySet): Client {
    const oldest = this.#instances.keys().next();
    if (this.#instances.size >= mostInstances && !oldest.done) this.#instances.delete(oldest.value);
    const { jwksUrl: _url, secretDigest: _secret, dynamicClients: _dynamic, ...rest } = parent;
    const clientId = `G${randomUUID()}`;
    const instance = { ...rest, clientId, jwks, instanceOf: { clientId: parent.clientId, grant, until } };
    this.#instances.set(clientId, instance);
    return instance;
  }

  /** The client as the hospital knows it by now. */
  get(clientId: string): Client | undefined {
    const coming = this.#onTheWay.get(clientId);
    if (coming && coming.from <= this.#now()) {
      this.#onTheWay.delete(clientId);
      this.#records.set(clientId, coming.client);
    }
    return this.#records.get(clientId) ?? this.#instances.get(clientId);
  }

  /** The hospital gives a client a background user, or takes it away: at once, it is the hospital's own record. */
  mapBackgroundUser(clientId: string, mapped: boolean): void {
    const client = this.#records.get(clientId);
    if (client) this.#records.set(clientId, { ...client, backgroundUser: mapped });
    const coming = this.#onTheWay.get(clientId);
    if (coming)
      this.#onTheWay.set(clientId, { ...coming, client: { ...coming.client, backgroundUser: mapped } });
  }

  /** Takes a client off the record; false when there is none. */
  remove(clientId: string): boolean {
    const found = this.#onTheWay.delete(clientId);
    const kept = this.#records.delete(clientId) || this.#instances.delete(clientId);
    return found || kept;
  }

  /** Takes the instances that a client has registered off the record; of every client when none is named. */
  endInstances(parentId?: string): number {
    let ended = 0;
    for (const [id, { instanceOf }] of this.#instances) {
      if (parentId !== undefined && instanceOf?.clientId !== parentId) continue;
      this.#instances.delete(id);
      ended += 1;
    }
    return ended;
  }

  list(): ClientState[] {
    const ids = new Set([...this.#records.keys(), ...this.#onTheWay.keys(), ...this.#instances.keys()]);
    return [...ids].flatMap((id) => this.state(id) ?? []);
  }

  state(clientId: string): ClientState | undefined {
    const client = this.get(clientId) ?? this.#onTheWay.get(clientId)?.client;
    return client && this.#state(client);
  }

  #state(client: Client): ClientState {
    const { secretDigest, instanceOf, ...shown } = client;
    return {
      ...shown,
      hasSecret: secretDigest !== undefined,
      public: isPublic(client),
      arrived: this.get(client.clientId) !== undefined,
      ...(instanceOf ? { instanceOf: instanceOf.clientId } : {}),
    };
  }
}

function kept({ secret, ...options }: ClientOptions): Client {
  return {
    ...options,
    usedBy: options.usedBy ?? (options.redirectUris?.length ? 'clinicians' : 'backend'),
    ...(secret === undefined ? {} : { secretDigest: digestOf(secret) }),
  };
}

/** A secret as the hospital hands one out: shown once. */
export function newSecret(): string {
  return randomBytes(48).toString('base64');
}

/** Whether a client has nothing to prove itself with. */
export function isPublic(client: Client): boolean {
  return !client.secretDigest && !client.jwksUrl && !client.jwks;
}

export function knowsSecret(client: Client, secret: string): boolean {
  return client.secretDigest !== undefined && timingSafeEqual(client.secretDigest, digestOf(secret));
}
