import { defineConfig } from 'suture';

export default defineConfig({
  dev: {
    // The pretend hospital: its feeds go to this connection of the site.
    hospital: { patients: 60, speed: 1, eventsPerMinute: 60, feed: 'epic-hl7' },
    // The application that is connected to the hospital.
    beside: ['care-app.ts'],
  },
});
