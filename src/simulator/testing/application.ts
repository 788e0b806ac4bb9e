import type { webcrypto } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { Simulator } from '../index.ts';

/** JSON as it came: tests look into it freely. */
// biome-ignore lint/suspicious/noExplicitAny: every shape of answer is looked into
export type Json = any;

/** A backend application for tests: real keys, a real JWKS server, real assertions. */
export class Application {
  readonly clientId = 'care-app';
  readonly algorithm: string;
  /** How often the key set was fetched. */
  fetches = 0;
  cacheControl: string | undefined;
  #server: Server | undefined;
  #keys: { kid: string; privateKey: webcrypto.CryptoKey; publicKey: webcrypto.CryptoKey }[] = [];
  #published: unknown[] = [];
  #jti = 0;

  private constructor(algorithm: string) {
    this.algorithm = algorithm;
  }

  static async open(algorithm = 'RS384'): Promise<Application> {
    const application = new Application(algorithm);
    await application.rotate();
    application.#server = createServer((_request, response) => {
      application.fetches += 1;
      if (application.cacheControl) response.setHeader('cache-control', application.cacheControl);
      response.end(JSON.stringify({ keys: application.#published }));
    });
    await new Promise<void>((resolve) => application.#server?.listen(0, '127.0.0.1', resolve));
    return application;
  }

  get jwksUrl(): string {
    const address = this.#server?.address();
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/jwks.json`;
  }

  /** Makes a new key and publishes it alone, or beside the ones before. */
  async rotate(keep = false): Promise<void> {
    const pair = await generateKeyPair(this.algorithm, { extractable: true });
    const kid = `key-${this.#keys.length + 1}`;
    this.#keys.push({ kid, ...pair });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid, alg: this.algorithm, use: 'sig' };
    this.#published = keep ? [...this.#published, jwk] : [jwk];
  }

  /** Signs an assertion. A claim given as undefined is left out. */
  assertion(
    hospital: Simulator,
    claims: JWTPayload = {},
    header: { alg?: string; kid?: string | undefined } = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    this.#jti += 1;
    const key = this.#keys.at(-1);
    if (!key) throw new Error('no key');
    const payload = {
      iss: this.clientId,
      sub: this.clientId,
      aud: hospital.tokenUrl,
      jti: `assertion-${this.#jti}`,
      iat: now,
      nbf: now,
      exp: now + 240,
      ...claims,
    };
    return new SignJWT(JSON.parse(JSON.stringify(payload)))
      .setProtectedHeader(JSON.parse(JSON.stringify({ alg: this.algorithm, kid: key.kid, ...header })))
      .sign(key.privateKey);
  }

  /** Asks for a token with the given assertion, or a good one. */
  async ask(hospital: Simulator, assertion?: string): Promise<Response> {
    return fetch(hospital.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion ?? (await this.assertion(hospital)),
      }),
    });
  }

  async token(hospital: Simulator): Promise<string> {
    const answer = (await (await this.ask(hospital)).json()) as { access_token: string };
    return answer.access_token;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

/** A FHIR call with a token, asking for JSON. `path` may be relative to the base or a whole address. */
export async function call(
  hospital: Simulator,
  token: string,
  path: string,
): Promise<{ status: number; body: Json }> {
  const address = path.startsWith('http') ? path : `${hospital.fhirBase}/${path}`;
  const response = await fetch(address, {
    headers: { authorization: `Bearer ${token}`, accept: 'application/fhir+json' },
  });
  return { status: response.status, body: await response.json() };
}
