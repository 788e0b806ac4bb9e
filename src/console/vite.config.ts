import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `npm start` answers; the development server passes everything but the console's own files on to it. */
const engine = 'http://127.0.0.1:4600';

export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  plugins: [react()],
  // The API's server puts a fresh nonce here at every answer.
  html: { cspNonce: '__SUTURE_NONCE__' },
  build: {
    outDir: '../../dist-console',
    emptyOutDir: true,
    // data: URLs are not in our content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2023',
    chunkSizeWarningLimit: 700,
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': engine,
      '/sign-in': engine,
      '/sign-in.css': engine,
      '/first-user': engine,
      '/favicon.svg': engine,
    },
  },
});
