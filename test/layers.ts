/**
 * The house: each room, the rooms below that it may enter (by their index.ts only), and the npm packages
 * that may be used in it. ARCHITECTURE.md shows the same table; the test holds both to the imports.
 */
export interface Layer {
  readonly room: string;
  readonly rooms: readonly string[];
  readonly packages: readonly string[];
}

export const LAYERS: readonly Layer[] = [
  { room: 'std', rooms: [], packages: [] },
  { room: 'hl7', rooms: [], packages: [] },
  { room: 'fhir', rooms: ['std'], packages: ['jose', 'undici'] },
  { room: 'simulator', rooms: [], packages: ['fastify', 'jose'] },
  { room: 'message', rooms: ['std'], packages: [] },
  { room: 'site', rooms: ['std'], packages: ['yaml', 'zod'] },
  { room: 'mapping', rooms: ['std', 'hl7', 'message'], packages: ['re2js', 'yaml'] },
  {
    room: 'connectors',
    rooms: ['std', 'hl7', 'fhir', 'message', 'mapping', 'site'],
    packages: ['nodemailer', 'ssh2', 'undici', 'zod'],
  },
  {
    room: 'flow',
    rooms: ['std', 'hl7', 'message', 'site', 'mapping', 'connectors'],
    packages: ['croner', 'yaml'],
  },
  {
    room: 'sandbox',
    rooms: ['std'],
    packages: ['@jitl/quickjs-wasmfile-release-sync', 'quickjs-emscripten-core'],
  },
  {
    room: 'cases',
    rooms: ['std', 'hl7', 'message', 'site', 'mapping', 'flow'],
    packages: ['yaml', 'zod'],
  },
  { room: 'vault', rooms: ['std'], packages: [] },
  { room: 'store', rooms: ['std', 'message', 'vault'], packages: ['pg'] },
  {
    room: 'engine',
    rooms: [
      'std',
      'hl7',
      'fhir',
      'message',
      'site',
      'mapping',
      'connectors',
      'flow',
      'vault',
      'sandbox',
      'store',
    ],
    packages: [],
  },
  { room: 'deploy', rooms: ['std', 'site', 'flow', 'store', 'engine'], packages: ['yaml'] },
  {
    room: 'import',
    rooms: ['std', 'hl7', 'mapping', 'flow'],
    packages: ['acorn', 'yaml'],
  },
  {
    room: 'api',
    rooms: [
      'std',
      'hl7',
      'message',
      'site',
      'mapping',
      'connectors',
      'flow',
      'vault',
      'store',
      'engine',
      'deploy',
    ],
    packages: ['fastify', '@fastify/cookie', '@fastify/static', 'prom-client', 'zod'],
  },
  {
    room: 'console',
    rooms: ['api'],
    packages: [
      '@mantine/core',
      '@mantine/hooks',
      '@tanstack/react-query',
      '@tanstack/react-router',
      '@vitejs/plugin-react',
      'react',
      'react-dom',
      'uplot',
      'vite',
    ],
  },
  {
    room: 'cli',
    rooms: [
      'std',
      'hl7',
      'fhir',
      'simulator',
      'message',
      'site',
      'mapping',
      'connectors',
      'flow',
      'cases',
      'vault',
      'store',
      'engine',
      'deploy',
      'import',
      'api',
    ],
    packages: ['commander', 'pino', 'yaml', 'zod'],
  },
];
