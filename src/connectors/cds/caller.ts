/** What a hospital that calls CDS services is to the engine. */
import type { Json } from '../../std/index.ts';

/** A caller of CDS services: proved, and asked for what it did not send. */
export interface CdsCaller {
  /** `iss` of its calls. */
  readonly issuer: string;
  /** @throws Failure `auth`, CDS_CALLER: the call is not from it, or was made before. */
  prove(token: string | undefined, signal: AbortSignal): Promise<void>;
  /**
   * One prefetch template, read with the caller's own token, which is used for this and kept nowhere; `null` when it
   * cannot be had.
   * @throws Failure `config`, CDS_FHIR_SERVER: `server` is not the caller's.
   */
  read(request: {
    readonly template: string;
    /** The call's context. */
    readonly call: Readonly<Record<string, unknown>>;
    readonly token: string;
    readonly server: string;
    readonly signal: AbortSignal;
  }): Promise<Json>;
}
