/** What a flow takes from files of its project: maps by name and scripts, filled into its value. */
import type { FieldMap } from '../mapping/index.ts';
import { nearest } from '../std/index.ts';
import type { Flow, Step } from './flow.ts';
import type { FlowFinding } from './lint.ts';

export interface FlowFiles {
  /** The fields of maps/<name>.yaml, and which there are. */
  readonly map: (name: string) => FieldMap | undefined;
  readonly maps: readonly string[];
  /** The text of a file below the project's folder; `undefined`: it cannot be read. */
  readonly script: (path: string) => string | undefined;
}

/**
 * The flow as it runs: its version is one of all that it does, whatever file says it, and an earlier version can be run
 * again though the files have changed.
 */
export function withFiles(
  flow: Flow,
  files: FlowFiles,
): { readonly flow: Flow; readonly findings: readonly FlowFinding[] } {
  const findings: FlowFinding[] = [];
  const filled = (step: Step): Step => {
    const place = `step "${step.id}"`;
    switch (step.kind) {
      case 'map': {
        if (step.map === undefined) return step;
        const fields = files.map(step.map);
        if (fields !== undefined) return { ...step, fields };
        const near = nearest(step.map, files.maps);
        const fix = near ? `Did you mean "${near}"?` : `Make maps/${step.map}.yaml.`;
        findings.push({ place: `${place}, map`, reason: `there is no map "${step.map}"`, fix });
        return step;
      }
      case 'code': {
        if (step.script === undefined) return step;
        const source = files.script(step.script);
        if (source !== undefined) return { ...step, source };
        const fix = 'Make it, or correct the name; it begins at the project’s folder.';
        findings.push({ place: `${place}, script`, reason: `there is no file ${step.script}`, fix });
        return step;
      }
      case 'for-each':
        return { ...step, steps: step.steps.map(filled) };
      case 'route': {
        const branches = step.branches.map((branch) => ({ ...branch, steps: branch.steps.map(filled) }));
        const { otherwise } = step;
        return {
          ...step,
          branches,
          otherwise: typeof otherwise === 'string' ? otherwise : otherwise.map(filled),
        };
      }
      default:
        return step;
    }
  };
  const steps = flow.steps.map(filled);
  return { flow: { ...flow, steps }, findings };
}
