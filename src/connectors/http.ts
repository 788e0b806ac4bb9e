/** HTTP that comes in, between the API's server and a connection. */

/** An HTTP request that the API's server hands to a connection. */
export interface HttpRequest {
  readonly method: string;
  /** Below `/hooks/<site>/<connection>`. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}
export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
