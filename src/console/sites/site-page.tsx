import { Alert, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { CapabilitiesAnswer } from '../../api/types.ts';
import { FailureNotice } from '../parts/notice.tsx';
import { capabilitiesQuery } from '../remote/queries.ts';
import { siteRoute } from '../router.tsx';
import { CellDetail } from './cell-detail.tsx';
import { type CellName, MatrixTable, ServiceTable } from './matrix-table.tsx';
import './sites.css';

/** What one site can do: the matrix, and the grounds of the cell that was chosen. */
export function SitePage() {
  const { site } = siteRoute.useParams();
  const { data, error } = useQuery(capabilitiesQuery(site));
  const [chosen, choose] = useState<CellName | null>(null);
  return (
    <Stack gap="md">
      <title>{`${site} · Suture`}</title>
      <div>
        <Title order={1} size="h3">
          What {site} can do
        </Title>
        {data && <About answer={data} />}
      </div>
      {error ? <FailureNotice error={error} /> : null}
      {!data && !error && <Skeleton height={260} aria-label="Loading" />}
      {data && <Drifts answer={data} />}
      {data && <Feeds answer={data} />}
      {data && <MatrixTable matrix={data.matrix} chosen={chosen} choose={choose} />}
      {data && chosen?.kind === 'resource' && <CellDetail matrix={data.matrix} name={chosen} />}
      {data && <ServiceTable matrix={data.matrix} chosen={chosen} choose={choose} />}
      {data && chosen?.kind === 'service' && <CellDetail matrix={data.matrix} name={chosen} />}
      {data && data.matrix.ehr.notes.length > 0 && (
        <div>
          <Title order={2} size="h5">
            Good to know
          </Title>
          <ul className="notes">
            {data.matrix.ehr.notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </div>
      )}
    </Stack>
  );
}

function About({ answer: { matrix } }: { readonly answer: CapabilitiesAnswer }) {
  const { ehr, observed, connection } = matrix;
  const dates = Object.values(observed).sort();
  return (
    <Text size="sm" c="dimmed" data-testid="site-about">
      {ehr.name}
      {ehr.version === null ? '' : `, ${ehr.version}`}
      {connection === null ? ', no connection to an EHR' : `, by ${connection}`}.{' '}
      {dates.length > 0
        ? `Asked on ${dates.at(-1)?.slice(0, 10)}.`
        : `Never asked: “suture probe ${matrix.site}” does; what is shown is known of the product.`}{' '}
      {ehr.verified ? '' : 'Known from documentation alone: not verified against any server of this EHR.'}
    </Text>
  );
}

function Feeds({ answer }: { readonly answer: CapabilitiesAnswer }) {
  const changed = answer.feeds.filter(({ found }) => found.length > 0);
  if (changed.length === 0) return null;
  return (
    <Alert color="orange" title="HL7 messages are not as they were" data-testid="feed-drift">
      {changed.map(({ connection, found }) => (
        <div key={connection}>
          <Text size="sm">
            {connection}: ask the interface engine analyst of the site what has changed. “suture sites drift{' '}
            {answer.matrix.site} --accept” writes it down as known.
          </Text>
          <ul className="notes">
            {found.slice(0, 20).map(({ text, against, count, firstAt, message }) => (
              <li key={text}>
                {text}: {against === 'record' ? 'not in the record' : 'not seen before'}; {count}{' '}
                {count === 1 ? 'time' : 'times'} since {new Date(firstAt).toISOString().slice(0, 10)}, first
                in message {message}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Alert>
  );
}

function Drifts({ answer }: { readonly answer: CapabilitiesAnswer }) {
  const changed = answer.drift.filter(({ found }) => found.length > 0);
  if (changed.length === 0) return null;
  const onlyEnds = (found: (typeof changed)[number]['found']): boolean =>
    found.every(({ change }) => change === 'ends');
  const title = changed.every(({ found }) => onlyEnds(found))
    ? 'A certificate ends soon'
    : 'The server is not as it was written down';
  return (
    <Alert color="orange" title={title} data-testid="drift">
      {changed.map(({ connection, found }) => (
        <div key={connection}>
          {onlyEnds(found) ? (
            <Text size="sm">{connection}: see that its owner has another in time; then put it in place.</Text>
          ) : (
            <Text size="sm">
              {connection}: {found.length} {found.length === 1 ? 'difference' : 'differences'}. Look at them,
              then “suture probe {answer.matrix.site}” writes the server’s words down anew.
            </Text>
          )}
          <ul className="notes">
            {found.slice(0, 20).map(({ what, change, before, now }) => (
              <li key={what}>
                {what}{' '}
                {change === 'gone'
                  ? 'is gone'
                  : change === 'new'
                    ? 'is new'
                    : change === 'ends'
                      ? `ends on ${now?.slice(0, 10)}`
                      : `was ${before} and is ${now} now`}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </Alert>
  );
}
