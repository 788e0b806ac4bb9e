/** Signing keys of all connections: made once, kept sealed and shared by all nodes, exchanged without a gap. */
import { makeSigningKey, type SigningAlgorithm, type SigningKeyPair } from '../../fhir/index.ts';
import { type Clock, Failure } from '../../std/index.ts';
import type { Store } from '../../store/index.ts';
import {
  isRotating,
  type KeptKeys,
  type KeyState,
  publishedOf,
  rotated,
  signerOf,
  stateOf,
  USUAL_REST,
  USUAL_WAIT,
} from './rotation.ts';

export interface KeyPlace {
  readonly site: string;
  readonly connection: string;
  readonly name: string;
}

/** A key as it is shown to people: nothing of it is secret. */
export interface KeyView extends KeyPlace {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly state: KeyState;
  readonly madeAt: number;
  readonly signsFrom: number;
  readonly retiresAt: number | null;
}

export interface KeyControl {
  /** The keys of connections that are open, oldest first. */
  list(): Promise<readonly KeyView[]>;
  /**
   * Begins the exchange of a key; audited. `wait`: until the new one signs, milliseconds. `atOnce`: the old one is known to
   * others and must not be believed any more.
   * @throws Failure `KEY_UNKNOWN`, or `KEY_ROTATING` while an exchange is under way.
   */
  rotate(request: {
    readonly site: string;
    readonly connection: string;
    readonly name?: string;
    readonly algorithm?: SigningAlgorithm;
    readonly wait?: number;
    readonly atOnce?: boolean;
    readonly who: string;
    readonly reason: string;
  }): Promise<readonly KeyView[]>;
}

export interface Keyring {
  /** The one to sign with now. */
  get(place: KeyPlace, algorithm?: SigningAlgorithm): Promise<SigningKeyPair>;
  published(): Promise<readonly SigningKeyPair[]>;
  readonly control: KeyControl;
}

/** Another node may begin an exchange: looked for this often, milliseconds. Far below any wait. */
const LOOK_AGAIN = 5_000;

interface Held {
  readonly place: KeyPlace;
  readonly set: KeptKeys;
  readonly version: number;
  /** The store's clock and ours, when it was read. */
  readonly now: number;
  readonly at: number;
}

const slotOf = ({ site, connection, name }: KeyPlace): string => `signing-keys ${site} ${connection} ${name}`;

export function createKeyring(store: Store, clock: Clock): Keyring {
  const held = new Map<string, Promise<Held>>();

  async function read(place: KeyPlace, algorithm: SigningAlgorithm = 'RS384'): Promise<Held> {
    for (;;) {
      const { value, version, now } = await store.slot(slotOf(place));
      const at = clock.elapsed();
      if (value !== null) return { place, set: value as unknown as KeptKeys, version, now, at };
      const made = (await earlier(place)) ?? (await makeSigningKey(algorithm));
      const set: KeptKeys = { keys: [{ ...made, madeAt: now, signsFrom: now, retiresAt: null }] };
      // Two nodes that start at once make one each; the first one's is everybody's.
      await store.swapSlot({ name: slotOf(place), expect: version, value: set as never });
    }
  }

  /** Keys of before they could be exchanged lay among the secrets. */
  async function earlier({ site, connection, name }: KeyPlace): Promise<SigningKeyPair | null> {
    const kept = await store.getSecret(`signing-key:${site}:${connection}:${name}`);
    return kept === null ? null : (JSON.parse(kept) as SigningKeyPair);
  }

  async function load(place: KeyPlace, algorithm?: SigningAlgorithm): Promise<Held> {
    const slot = slotOf(place);
    const known = held.get(slot);
    if (known !== undefined) {
      const one = await known;
      if (clock.elapsed() - one.at < LOOK_AGAIN) return one;
    }
    if (known === held.get(slot)) {
      const asked = read(place, algorithm);
      held.set(slot, asked);
      asked.catch(() => held.get(slot) === asked && held.delete(slot));
    }
    return held.get(slot) as Promise<Held>;
  }

  const nowOf = (one: Held): number => one.now + (clock.elapsed() - one.at);

  const all = (): Promise<Held[]> =>
    Promise.all([...held.values()].map(async (one) => load((await one).place)));

  const viewsOf = (one: Held): KeyView[] =>
    one.set.keys.map((key) => ({
      ...one.place,
      kid: key.kid,
      algorithm: key.alg,
      state: stateOf(one.set, key, nowOf(one)),
      madeAt: key.madeAt,
      signsFrom: key.signsFrom,
      retiresAt: key.retiresAt,
    }));

  return {
    async get(place, algorithm) {
      const one = await load(place, algorithm);
      const key = signerOf(one.set, nowOf(one)) ?? one.set.keys.at(-1);
      if (key === undefined) throw new Error('a set of signing keys is empty');
      const { kid, alg, privateJwk, publicJwk } = key;
      return { kid, alg, privateJwk, publicJwk };
    },
    async published() {
      return (await all()).flatMap((one) => publishedOf(one.set, nowOf(one)));
    },
    control: {
      list: async () => (await all()).flatMap(viewsOf),
      async rotate({ site, connection, name, algorithm, wait, atOnce = false, who, reason }) {
        const one = (await all()).find(
          ({ place }) =>
            place.site === site &&
            place.connection === connection &&
            (name === undefined || place.name === name),
        );
        if (one === undefined) throw keyUnknown(site, connection);
        const { place } = one;
        const fresh = await read(place);
        if (!atOnce && isRotating(fresh.set, fresh.now)) throw rotating(site, connection);
        const signer = signerOf(fresh.set, fresh.now);
        const made = await makeSigningKey(algorithm ?? signer?.alg ?? 'RS384');
        const times = atOnce ? { wait: 0, rest: 0 } : { wait: wait ?? USUAL_WAIT, rest: USUAL_REST };
        const set = rotated(fresh.set, made, fresh.now, times);
        const swapped = await store.swapSlot({
          name: slotOf(place),
          expect: fresh.version,
          value: set as never,
        });
        if (!swapped) throw rotating(site, connection);
        const facts = { key: place.name, kid: made.kid, wait: times.wait, atOnce, reason };
        const on = `${site}/${connection}`;
        await store.audit([{ at: clock.now(), who, act: 'signing-key.rotate', on, facts }]);
        held.delete(slotOf(place));
        held.set(slotOf(place), read(place));
        return viewsOf(await load(place));
      },
    },
  };
}

const keyUnknown = (site: string, connection: string): Failure =>
  new Failure({
    code: 'KEY_UNKNOWN',
    kind: 'config',
    message: `The connection ${site} / ${connection} has no signing key.`,
    fix: 'List those that have one with "suture sites keys".',
  });

const rotating = (site: string, connection: string): Failure =>
  new Failure({
    code: 'KEY_ROTATING',
    kind: 'conflict',
    message: `A signing key of ${site} / ${connection} is being exchanged already.`,
    fix: 'Look at it with "suture sites keys"; only a key that is known to others is exchanged at once (--at-once).',
  });
