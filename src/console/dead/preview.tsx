import { Button, Group } from '@mantine/core';
import type { Difference, ReplayPreview, ReplaySample, SampleStep } from '../../api/types.ts';

const shown = (value: unknown): string =>
  value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);

function Differences({ differences }: { readonly differences: readonly Difference[] }) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Sent before</th>
          <th scope="col">Would be sent</th>
        </tr>
      </thead>
      <tbody>
        {differences.map(({ path, before, after }) => (
          <tr key={path}>
            <td className="mono">{path}</td>
            <td>{shown(before)}</td>
            <td>{shown(after)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function about({ state, differences }: SampleStep): string {
  if (state === 'taken over') return 'taken over, not done again';
  if (differences === null) return 'would be done; what was sent before is not known';
  if (differences.length === 0) return 'would be done, the same as before';
  return `would be done, ${differences.length} ${differences.length === 1 ? 'field' : 'fields'} other than before`;
}

function Sample({ sample }: { readonly sample: ReplaySample }) {
  return (
    <div className="preview-sample" data-testid="preview-sample">
      <p className="soft">
        Delivery {sample.deliveryId} of message {sample.messageId}, {sample.site}
      </p>
      {sample.steps.map((step) => (
        <div key={step.step}>
          <p>
            <strong>{step.step}</strong>{' '}
            <span className="soft">{step.connection ? `${step.kind} · ${step.connection}` : step.kind}</span>{' '}
            {about(step)}
          </p>
          {step.state !== 'taken over' && step.differences !== null && step.differences.length > 0 && (
            <Differences differences={step.differences} />
          )}
        </div>
      ))}
      <p>{sample.end}</p>
      {sample.failure && <p className="bad">{sample.failure.message}</p>}
    </div>
  );
}

/** A dry run: how many, what cannot be replayed and why, and of the first ones how they would differ. */
export function Preview(props: {
  readonly preview: ReplayPreview;
  readonly revealed: boolean;
  readonly revealing: boolean;
  readonly onReveal: () => void;
}) {
  const { preview } = props;
  const differ = preview.samples.some(({ steps }) =>
    steps.some(({ differences }) => (differences?.length ?? 0) > 0),
  );
  return (
    <div className="preview" data-testid="preview">
      <Group justify="space-between" gap="xs" align="flex-start">
        <p>
          <strong>Dry run:</strong> {preview.count.toLocaleString()} would be replayed
          {preview.of.length > 0 &&
            ` (${preview.of.map(({ site, count }) => `${site} ${count}`).join(', ')})`}
          .
        </p>
        {differ && !props.revealed && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={props.onReveal}
            loading={props.revealing}
            data-testid="preview-reveal"
          >
            Show values (recorded)
          </Button>
        )}
      </Group>
      {preview.refused.length > 0 && (
        <ul>
          {preview.refused.map(({ reason, count }) => (
            <li key={reason} className="bad">
              {count} cannot: {reason}
            </li>
          ))}
        </ul>
      )}
      {preview.samples.map((sample) => (
        <Sample key={sample.deliveryId} sample={sample} />
      ))}
    </div>
  );
}
