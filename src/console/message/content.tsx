import { Button, Group, Paper, Tabs, Text, Title } from '@mantine/core';
import type { MessageDetail, Revealed } from '../../api/types.ts';
import { JsonTree } from '../parts/json-tree.tsx';
import { FailureNotice } from '../parts/notice.tsx';
import { useMayOperate } from '../remote/queries.ts';
import { RawView } from './raw-view.tsx';
import { TreeView } from './tree-view.tsx';

function Hidden({ children }: { readonly children: string }) {
  return (
    <Text c="dimmed" size="sm" py="lg" ta="center" data-testid="hidden">
      {children}
    </Text>
  );
}

function Fhir({ revealed }: { readonly revealed: Revealed | null }) {
  if (!revealed) return <Hidden>The FHIR reading is shown together with the content.</Hidden>;
  if (revealed.fhirFailure) return <Hidden>{`There is no FHIR reading: ${revealed.fhirFailure}`}</Hidden>;
  if (!revealed.fhir) return <Hidden>This message has no FHIR reading.</Hidden>;
  return (
    <div data-testid="fhir">
      {Object.entries(revealed.fhir).map(([name, resource]) => (
        <JsonTree key={name} name={name} value={resource} />
      ))}
    </div>
  );
}

/** What the message holds: masked until a person asks for it, and that is recorded. */
export function Content(props: {
  readonly detail: MessageDetail;
  readonly revealed: Revealed | null;
  readonly revealing: boolean;
  readonly error: unknown;
  readonly onReveal: () => void;
  readonly onHide: () => void;
}) {
  const { detail, revealed } = props;
  const mayReveal = useMayOperate();
  const structure = revealed?.structure ?? detail.structure;
  const hl7 = structure.kind === 'hl7' ? structure : null;
  const { message } = detail;

  return (
    <Paper withBorder p="md" data-testid="content" data-revealed={revealed !== null}>
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h5">
          Content
        </Title>
        <Group gap="xs">
          {mayReveal && (
            <Button
              component="a"
              href={`/api/messages/${encodeURIComponent(message.id)}/raw`}
              download
              size="compact-sm"
              variant="default"
              title="The bytes as received. Recorded like showing them."
            >
              Download
            </Button>
          )}
          {mayReveal && !revealed && (
            <Button size="compact-sm" onClick={props.onReveal} loading={props.revealing} data-testid="reveal">
              Show content (recorded)
            </Button>
          )}
          {revealed && (
            <Button size="compact-sm" variant="default" onClick={props.onHide} data-testid="hide">
              Hide content
            </Button>
          )}
          {!mayReveal && (
            <Text size="xs" c="dimmed">
              Your role sees masked content.
            </Text>
          )}
        </Group>
      </Group>
      {props.error ? <FailureNotice error={props.error} /> : null}
      {hl7 ? (
        <Tabs defaultValue="raw" keepMounted={false}>
          <Tabs.List mb="sm">
            <Tabs.Tab value="raw" data-testid="tab-raw">
              Raw HL7
            </Tabs.Tab>
            <Tabs.Tab value="tree" data-testid="tab-tree">
              Tree
            </Tabs.Tab>
            <Tabs.Tab value="fhir" data-testid="tab-fhir">
              FHIR
            </Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="raw">
            <RawView structure={hl7} />
          </Tabs.Panel>
          <Tabs.Panel value="tree">
            <TreeView structure={hl7} />
          </Tabs.Panel>
          <Tabs.Panel value="fhir">
            <Fhir revealed={revealed} />
          </Tabs.Panel>
        </Tabs>
      ) : structure.kind === 'json' ? (
        <JsonTree name={message.type === '' ? 'body' : message.type} value={structure.value} />
      ) : revealed ? (
        <pre className="hl7-raw" data-testid="raw">
          {revealed.text ?? 'The bytes of this message are no longer kept.'}
        </pre>
      ) : (
        <Hidden>Nothing of this message can be shown masked.</Hidden>
      )}
      {revealed?.cut && (
        <Text size="xs" c="dimmed" mt="xs">
          The message is longer than a screen can hold: only its beginning is shown.
        </Text>
      )}
    </Paper>
  );
}
