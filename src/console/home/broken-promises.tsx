import { Badge, Group, Paper, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Home } from '../../api/types.ts';
import { ageText, Moment } from '../parts/time.tsx';

const NAMES = { silence: 'silent', 'end to end': 'slow' } as const;

/** Flows whose events do not come, or whose deliveries take too long. Nothing is shown while all promises are kept. */
export function BrokenPromises({ home }: { readonly home: Home }) {
  const { broken, now } = home;
  if (broken.length === 0) return null;
  return (
    <section aria-labelledby="broken-promises" data-testid="broken-promises">
      <Title order={2} size="h5" mb="xs" id="broken-promises">
        Promises that are not kept
      </Title>
      <div className="cards">
        {broken.map(({ site, flow, promise, since, text, fix }) => (
          <Paper
            key={`${site}/${flow}/${promise}`}
            withBorder
            p="md"
            data-testid={`broken-${site}-${flow}-${NAMES[promise]}`}
          >
            <Group justify="space-between" wrap="nowrap" align="flex-start">
              <Text fw={600} size="sm">
                {site} <span className="soft">/</span>{' '}
                <Link to="/messages" search={{ site, flow }} className="plain-link">
                  {flow}
                </Link>
              </Text>
              <Badge color="orange.9" variant="filled" size="sm">
                {NAMES[promise]}
              </Badge>
            </Group>
            {since !== null && (
              <Text size="xs" c="dimmed">
                for {ageText(now - since)}, since <Moment at={since} />
              </Text>
            )}
            <Text size="sm" mt={6}>
              {text.charAt(0).toUpperCase()}
              {text.slice(1)}.
            </Text>
            <Text size="xs" mt={6}>
              {fix}
            </Text>
          </Paper>
        ))}
      </div>
    </section>
  );
}
