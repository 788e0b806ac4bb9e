/** What commands ask about sign-ins at EHRs and about signing keys: always of the running engine, which holds the connections. */
import type { InvitationAnswer, KeysAnswer, SignInsAnswer, TestAnswer } from '../api/index.ts';
import { Failure } from '../std/index.ts';

export interface Rotation {
  readonly algorithm?: 'RS384' | 'ES384';
  readonly wait?: number;
  readonly atOnce?: boolean;
  readonly reason: string;
}

export interface SmartDesk {
  signIns(): Promise<SignInsAnswer>;
  invite(site: string, connection: string): Promise<InvitationAnswer>;
  disconnect(site: string, connection: string, reason: string): Promise<void>;
  test(site: string, connection: string): Promise<TestAnswer>;
  keys(): Promise<KeysAnswer>;
  rotate(site: string, connection: string, rotation: Rotation): Promise<KeysAnswer>;
}

const placeOf = (site: string, connection: string): string =>
  `${encodeURIComponent(site)}/${encodeURIComponent(connection)}`;

export function engineSmart(ask: (path: string, body?: unknown) => Promise<Response>): SmartDesk {
  async function asked<Answer>(path: string, body?: unknown): Promise<Answer> {
    const answer = await ask(path, body);
    if (answer.ok) return (await answer.json()) as Answer;
    throw new Failure({
      code: 'CONNECTION_UNKNOWN',
      kind: 'config',
      message: 'There is no such connection.',
      fix: 'List them with "suture connections".',
    });
  }
  return {
    signIns: () => asked('/api/sign-ins'),
    invite: (site, connection) => asked(`/api/sign-ins/${placeOf(site, connection)}/invitation`, {}),
    disconnect: async (site, connection, reason) =>
      void (await asked(`/api/sign-ins/${placeOf(site, connection)}/disconnect`, { reason })),
    test: (site, connection) => asked(`/api/connections/${placeOf(site, connection)}/test`, {}),
    keys: () => asked('/api/signing-keys'),
    rotate: (site, connection, rotation) =>
      asked(`/api/signing-keys/${placeOf(site, connection)}/rotate`, rotation),
  };
}

/** @param refuse Says that it needs the running engine. */
export function folderSmart(refuse: (message: string) => Promise<never>): SmartDesk {
  const needsEngine = (): Promise<never> =>
    refuse('Sign-ins at EHRs and signing keys need the running engine.');
  return {
    signIns: needsEngine,
    invite: needsEngine,
    disconnect: needsEngine,
    test: needsEngine,
    keys: needsEngine,
    rotate: needsEngine,
  };
}
