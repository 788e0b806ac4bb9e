#!/usr/bin/env node
'use strict';
/**
 * The launcher. On a Node older than 24 it starts itself again with the Node that came with the
 * packages; then it loads the command line: from source in a clone, from dist in an installed package.
 */
const fs = require('node:fs');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { nodeBinary, MINIMUM } = require('../scripts/platform.cjs');

const node = nodeBinary();
if (node === null) {
  process.stderr.write(
    `suture: needs Node.js ${MINIMUM} or newer (this is ${process.version}). ` +
      'Run "npm install" beside it, which brings one, or install Node 24.\n',
  );
  process.exit(2);
}

if (node !== process.execPath) {
  if (process.env.SUTURE_RELAUNCHED === '1') {
    process.stderr.write(`suture: ${node} is not Node.js ${MINIMUM} or newer. Reinstall the packages.\n`);
    process.exit(2);
  }
  const { spawn } = require('node:child_process');
  const child = spawn(node, [...process.execArgv, __filename, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, SUTURE_RELAUNCHED: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : code === null ? 1 : code));
} else {
  // Loading makes much garbage that never comes again; without this the young heap stays as large as it made it
  // (203 MB resident when idle instead of 190). run.ts lets it grow again once the engine is ready.
  require('node:v8').setFlagsFromString('--semi-space-growth-factor=1');
  const source = path.join(__dirname, '..', 'src', 'cli', 'main.ts');
  const fromSource = fs.existsSync(source);
  // `import 'suture'` in a user's project means the Suture that runs, installed there or not. In a clone that is the
  // source: the package's own exports name it under this condition.
  const { enableCompileCache, registerHooks } = require('node:module');
  // A command that answers and ends spends most of its time on compiling: in a clone what was compiled is kept beside the
  // packages. What stays running is left as it is measured.
  if (fromSource && !['start', 'dev', 'simulator'].includes(process.argv[2])) {
    enableCompileCache(path.join(__dirname, '..', 'node_modules', '.cache', 'suture'));
  }
  const own = pathToFileURL(__filename).href;
  const more = fromSource ? ['suture-source'] : [];
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, {
        ...context,
        ...(/^suture(\/|$)/.test(specifier) ? { parentURL: own } : {}),
        conditions: [...context.conditions, ...more],
      }),
  });
  const entry = fromSource ? source : path.join(__dirname, '..', 'dist', 'cli', 'main.js');
  import(pathToFileURL(entry).href).then(
    (cli) => cli.main(process.argv.slice(2)),
    (error) => {
      process.stderr.write(`suture: could not start: ${error?.stack ?? error}\n`);
      process.exit(1);
    },
  );
}
