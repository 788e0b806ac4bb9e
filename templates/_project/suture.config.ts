import { defineConfig } from 'suture';

export default defineConfig({
  // Only for `suture dev`: a pretend hospital whose feeds go to this connection, and a pretend application beside it.
  dev: {
    hospital: { patients: 60, speed: 1, eventsPerMinute: 60, feed: 'feed' },
    beside: ['app/app.mjs'],
  },
});
