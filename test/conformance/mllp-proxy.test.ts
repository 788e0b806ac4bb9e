import { expect, test } from 'vitest';
import { runProxy } from './mllp-proxy.ts';

// Ten thousand by `node test/conformance/mllp-proxy.ts`.
test.each([1, 8])(
  'no acknowledgement is credited wrongly, whatever a proxy does to it (window %i)',
  async (window) => {
    const tally = await runProxy({ exchanges: 250, seed: 7, window });
    expect(tally.wrong).toBe(0);
    expect(tally.credited).toBeGreaterThan(200);
    // The proxy did its worst, and the client noticed.
    expect(Object.keys(tally.mischief).length).toBeGreaterThan(10);
    expect(tally.results).toMatchObject({ junk: expect.any(Number), mismatch: expect.any(Number) });
  },
);
