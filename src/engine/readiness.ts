/** Whether the engine does what it is there for: for `/readyz`. */
import type { StoreHealth } from '../store/index.ts';
import type { Readiness } from './control.ts';

export function readinessOf(health: StoreHealth, running: boolean, notices: Readiness['notices']): Readiness {
  const checks = [
    health.state === 'ready'
      ? { name: 'store', ok: true, text: 'writes' }
      : { name: 'store', ok: false, text: `${health.failure.message} ${health.failure.fix}` },
    { name: 'engine', ok: running, text: running ? 'running' : 'not running' },
  ];
  return { ready: checks.every((check) => check.ok), checks, notices };
}
