import { type Behaviour, type SwitchName, switches } from './behaviour.ts';

/** What each switch usually is: Epic's public sandbox in May 2026. */
const sandbox = Object.fromEntries(
  Object.entries(switches).map(([name, { usual }]) => [name, usual]),
) as unknown as Behaviour;

/** What every production hospital has in common, beside the release it runs. */
const production: Partial<Behaviour> = {
  environment: '236.2',
  backgroundUserMapped: false,
  staticKeys: true,
  tokenExchangeListed: false,
  patientCreateNeeds: [],
  noteTypes: ['11506-3', '34109-9'],
  hl7Processing: 'P',
};

const november2025: Partial<Behaviour> = {
  ...production,
  release: 'November 2025',
  releaseDate: '2025-11-10',
  postSearch: 'query',
};

/** Kinds of hospital by name; each changes some switches of `sandbox-2026-05`. */
export const profiles = {
  'sandbox-2026-05': {
    about: 'the public sandbox as of May 2026: every client has a background user, JWK Set URLs only',
    changes: {},
  },
  'prod-2025-11': {
    about: 'a production hospital on November 2025, the release most hospitals run',
    changes: november2025,
  },
  'prod-2025-05': {
    about:
      'a production hospital on May 2025: granted scopes in the older spelling, 4122 for unknown parameters',
    changes: {
      ...november2025,
      release: 'May 2025',
      releaseDate: '2025-05-12',
      scopeSpelling: 'v1',
      unknownParameters: '4122',
      csnFormat: 'letter',
      hl7Version: '2.3',
    },
  },
  'legacy-2022': {
    about: 'a hospital left on May 2022: no PKCE, no scopes of version 2, no post-filters, static keys',
    changes: {
      ...november2025,
      release: 'May 2022',
      releaseDate: '2022-05-09',
      pkce: 'ignored',
      audRequired: false,
      scopeSpelling: 'epic',
      scopeCategories: false,
      tokenFormat: 'opaque',
      tokenType: 'bearer',
      stringJti: false,
      codeSystems: 'oid',
      unknownParameters: '59100',
      postFilters: false,
      unacceptedModifierFatal: false,
      vitalsNoteLongest: 60,
      bulkTypeFilter: false,
      cdsSystemActions: false,
      hl7Version: '2.3',
      demographicsBy: 'A31',
      harFormat: 'csn',
      zSegments: false,
    },
  },
  'strict-proxy': {
    about: 'November 2025 behind a gateway: 10 requests a second, 429 without Retry-After, another audience',
    changes: {
      ...november2025,
      ownAudience: false,
      audiences: ['https://interconnect.larkfield.example/oauth2/token'],
      requestsPerSecond: 10,
      retryAfter: 'none',
      authorizeLongestUrl: 2048,
      sessionSeconds: 60,
      pageSize: 100,
      postFilterNext: 'dropped',
      refreshTokenAnew: true,
      dailyDocuments: 500,
    },
  },
  'no-background-user': {
    about: 'the sandbox, but nobody has mapped a background user: backend clients get unauthorized_client',
    changes: { backgroundUserMapped: false },
  },
} as const satisfies Record<string, { about: string; changes: Partial<Behaviour> }>;

export type ProfileName = keyof typeof profiles;
export const profileNames = Object.keys(profiles) as ProfileName[];

export function isProfile(name: string): name is ProfileName {
  return Object.hasOwn(profiles, name);
}

/** The behaviour of a named kind of hospital. */
export function behaviourOf(profile: ProfileName): Behaviour {
  return { ...sandbox, ...profiles[profile].changes };
}

/** A hospital's switches: which profile they came from, and what was changed since. */
export class Switchboard {
  /** The values now. The object stays the same while values change. */
  readonly behaviour: Behaviour;
  #profile: ProfileName;

  constructor(profile: ProfileName, changes: Partial<Behaviour> = {}) {
    this.#profile = profile;
    this.behaviour = { ...behaviourOf(profile), ...changes };
  }

  get profile(): ProfileName {
    return this.#profile;
  }

  /** The switches that are not as the profile has them. */
  get changed(): SwitchName[] {
    const named = behaviourOf(this.#profile);
    return (Object.keys(switches) as SwitchName[]).filter(
      (name) => JSON.stringify(named[name]) !== JSON.stringify(this.behaviour[name]),
    );
  }

  change(changes: Partial<Behaviour>): void {
    Object.assign(this.behaviour, changes);
  }

  /** Takes on another profile; changes made before are gone. */
  choose(profile: ProfileName): void {
    this.#profile = profile;
    Object.assign(this.behaviour, behaviourOf(profile));
  }
}
