import type { DeliveryDetail, RevealedDelivery, SleepView } from '../../api/types.ts';
import { JsonTree } from '../parts/json-tree.tsx';
import { lengthText, Moment } from '../parts/time.tsx';
import { SleepNote } from './sleep-note.tsx';

interface ShownStep {
  readonly id: string;
  readonly kind: string;
  readonly connection: string | undefined;
  readonly state: string;
  readonly startedAt: number | null;
  readonly ms: number | null;
  readonly input: unknown;
  readonly output: unknown;
  readonly sleep: SleepView | null;
  readonly outcome: string | null;
}

/**
 * Without the content: what is remembered was done; where the delivery stands, it says itself; what lies before
 * either was passed (pure steps leave nothing behind, and a step may have been skipped).
 */
function maskedState(detail: DeliveryDetail, id: string, done: boolean, reached: boolean): string {
  const { delivery } = detail;
  const sleep = detail.steps.find(({ step }) => step === id)?.sleep;
  if (sleep) {
    if (sleep.cancelled || sleep.approved === false) return 'filtered';
    if (sleep.wokenAt === undefined) return delivery.state === 'sleeping' ? 'sleeping' : 'passed';
    if (sleep.kind === 'approve' && !sleep.approved)
      return delivery.state === 'filtered' ? 'filtered' : 'held';
  }
  if (done) return 'done';
  if (delivery.step === id) {
    if (delivery.state === 'filtered') return 'filtered';
    if (delivery.state === 'dead') return 'failed';
    if (delivery.state === 'held') return 'held';
  }
  return reached || delivery.state === 'delivered' ? 'passed' : '';
}

function stepsOf(detail: DeliveryDetail, revealed: RevealedDelivery | undefined): ShownStep[] {
  const times = new Map(detail.steps.map((step) => [step.step, step]));
  if (revealed?.trace?.sameVersion) {
    return revealed.trace.entries.map((entry) => ({
      id: entry.step,
      kind: entry.kind,
      connection: entry.connection,
      state: entry.state,
      startedAt: times.get(entry.step)?.startedAt ?? null,
      ms: times.get(entry.step)?.ms ?? null,
      input: entry.input,
      output: entry.output,
      sleep: times.get(entry.step)?.sleep ?? null,
      outcome: times.get(entry.step)?.outcome ?? null,
    }));
  }
  const outputs = new Map(revealed?.steps.map((step) => [step.step, step.output]));
  const planned =
    detail.plan ?? detail.steps.map((step) => ({ id: step.step, kind: '', connection: undefined }));
  const last = planned.findLastIndex((step) => times.has(step.id) || step.id === detail.delivery.step);
  return planned.map((step, index) => ({
    id: step.id,
    kind: step.kind,
    connection: step.connection,
    state: maskedState(detail, step.id, times.has(step.id), index < last),
    startedAt: times.get(step.id)?.startedAt ?? null,
    ms: times.get(step.id)?.ms ?? null,
    input: undefined,
    output: outputs.get(step.id),
    sleep: times.get(step.id)?.sleep ?? null,
    outcome: times.get(step.id)?.outcome ?? null,
  }));
}

function Step({ step, shown }: { readonly step: ShownStep; readonly shown: boolean }) {
  const given = step.input !== undefined || step.output !== undefined;
  return (
    <li className={`step step-${step.state === '' ? 'open' : step.state}`} data-testid={`step-${step.id}`}>
      <div className="step-head">
        <span className="step-id">{step.id}</span>
        <span className="soft">
          {step.kind}
          {step.connection ? ` · ${step.connection}` : ''}
        </span>
        <span className="step-state">{step.state}</span>
        {step.outcome !== null && <span data-testid={`outcome-${step.id}`}>{step.outcome}</span>}
        {step.startedAt !== null && (
          <span className="soft step-time">
            <Moment at={step.startedAt} />
            {step.ms !== null && !step.sleep && ` · ${lengthText(step.ms)}`}
          </span>
        )}
      </div>
      {step.sleep && <SleepNote sleep={step.sleep} />}
      {shown && given && (
        <div className="step-data">
          {step.input !== undefined && <JsonTree name="input" value={step.input} />}
          {step.output !== undefined && <JsonTree name="output" value={step.output} />}
        </div>
      )}
    </li>
  );
}

/** The steps of one delivery in order: state and times always, input and output once the content is shown. */
export function StepList(props: {
  readonly detail: DeliveryDetail;
  readonly revealed: RevealedDelivery | undefined;
}) {
  const { detail, revealed } = props;
  const steps = stepsOf(detail, revealed);
  const otherVersion = detail.plan === null;
  return (
    <div>
      {otherVersion && (
        <p className="soft step-note">
          The flow has changed since (this ran version {detail.delivery.flowVersion.slice(0, 8)}): only what
          was remembered is shown.
        </p>
      )}
      {steps.length === 0 && <p className="soft step-note">No step has finished yet.</p>}
      <ol className="steps">
        {steps.map((step) => (
          <Step key={step.id} step={step} shown={revealed !== undefined} />
        ))}
      </ol>
    </div>
  );
}
