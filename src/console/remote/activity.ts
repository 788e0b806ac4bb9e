/**
 * When the person last did something. The server ends a session after 15 minutes without an act; requests that
 * the console makes by itself say so and do not count.
 */
let lastAct = Date.now();
let lastTold = Date.now();

const RECENT = 60_000;

for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const) {
  window.addEventListener(
    kind,
    () => {
      lastAct = Date.now();
    },
    { passive: true, capture: true },
  );
}

export function personIsActive(): boolean {
  return Date.now() - lastAct < RECENT;
}

/** A request that counted as an act has reached the server. */
export function activityTold(): void {
  lastTold = Date.now();
}

/** Reading and scrolling make no requests; `tell` is called at most once a minute while they go on. */
export function tellActivity(tell: () => void): () => void {
  const timer = window.setInterval(() => {
    if (lastAct > lastTold && Date.now() - lastTold > RECENT) tell();
  }, 10_000);
  return () => window.clearInterval(timer);
}
