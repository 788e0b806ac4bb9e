/** How a client proves to the token endpoint who it is: by a key, by a secret, or not at all (a public client). */
import { clientAssertion } from './assertion.ts';
import type { SigningKey } from './jwks.ts';

export type ClientAuthentication =
  /** Opened only at the moment of signing. `jku`: where the key set is, as it was registered. */
  | { readonly by: 'key'; readonly key: () => Promise<SigningKey>; readonly jku?: string }
  | { readonly by: 'secret basic' | 'secret post'; readonly secret: () => Promise<string> }
  | { readonly by: 'nothing' };

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What is added to a token request. Secrets never stand in the address. */
export async function authenticated(options: {
  readonly authentication: ClientAuthentication;
  readonly clientId: string;
  readonly tokenUrl: string;
  /** By the server's clock as far as it is known; milliseconds since 1970. */
  readonly now: number;
}): Promise<{
  readonly form: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
}> {
  const { authentication, clientId, tokenUrl, now } = options;
  switch (authentication.by) {
    case 'key': {
      const { jku } = authentication;
      const key = await authentication.key();
      const assertion = await clientAssertion({
        clientId,
        tokenUrl,
        key,
        now,
        ...(jku === undefined ? {} : { jku }),
      });
      return { form: { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion }, headers: {} };
    }
    case 'secret post':
      return { form: { client_id: clientId, client_secret: await authentication.secret() }, headers: {} };
    case 'secret basic': {
      // Both are form-encoded first: a colon in a secret would end the user's name.
      const pair = `${formEncoded(clientId)}:${formEncoded(await authentication.secret())}`;
      return { form: {}, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
    }
    case 'nothing':
      return { form: { client_id: clientId }, headers: {} };
  }
}

const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);
