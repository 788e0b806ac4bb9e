import { Button, Group, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { WriteRevealed, WriteView } from '../../api/types.ts';
import { JsonTree } from '../parts/json-tree.tsx';
import { FailureNotice } from '../parts/notice.tsx';
import { RevealButton, useReveal } from '../parts/reveal.tsx';
import { Moment } from '../parts/time.tsx';
import { useMayOperate } from '../remote/queries.ts';
import { SettleDialog, type Word } from './settle-dialog.tsx';

/** What a person may say, by where it stands: what is on its way now is nobody's to end. */
const WORDS: Readonly<Record<WriteView['state'], readonly Word[]>> = {
  planned: ['done', 'drop'],
  sending: [],
  unknown: ['done', 'again', 'drop'],
  done: [],
  refused: [],
};

export const WORD_TEXT: Readonly<Record<Word, string>> = {
  done: 'It is there',
  again: 'Send it again',
  drop: 'Give up',
};

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

/** Where it stands, what it holds once asked for, and what a person may decide. */
export function WriteDetail({ write }: { readonly write: WriteView }) {
  const mayOperate = useMayOperate();
  const [word, setWord] = useState<Word | null>(null);
  const reveal = useReveal<WriteRevealed>(`/api/writes/${encodeURIComponent(write.id)}/reveal`);
  const { failure } = write;
  const words = WORDS[write.state];
  return (
    <div className="write-detail" data-testid={`write-detail-${write.id}`}>
      <Text size="xs" c="dimmed">
        Write {write.id} · delivery {write.deliveryId} · planned <Moment at={write.createdAt} /> ·{' '}
        {write.sentAt === null ? (
          'not sent'
        ) : (
          <>
            sent {times(write.attempts)}, last <Moment at={write.sentAt} />
          </>
        )}
        {write.lookups > 0 && <> · looked for {times(write.lookups)} since, and not found</>} ·{' '}
        <Link to="/writes" search={{ message: write.messageId }} className="plain-link">
          all writes of this message
        </Link>
      </Text>
      {failure && (
        <div className="failure" role="note">
          <strong>{failure.message}</strong>
          <div>
            <span className="failure-label">What to do first</span> {failure.fix}
          </div>
        </div>
      )}
      <Group gap="xs" mt="sm">
        {mayOperate &&
          words.map((one) => (
            <Button
              key={one}
              size="compact-sm"
              {...(one === 'drop' ? { variant: 'light', color: 'red' } : {})}
              {...(one === 'again' ? { variant: 'default' } : {})}
              onClick={() => setWord(one)}
              data-testid={`settle-${one}`}
            >
              {WORD_TEXT[one]}
            </Button>
          ))}
        <RevealButton reveal={reveal} mayOperate={mayOperate} what="request and answer" testId="write-show" />
        {!mayOperate && (
          <Text size="xs" c="dimmed" data-testid="write-masked">
            Your role sees neither request nor answer{words.length > 0 ? ', and decides nothing here' : ''}.
          </Text>
        )}
      </Group>
      {reveal.isError && <FailureNotice error={reveal.error} />}
      {reveal.data && <Shown revealed={reveal.data} />}
      {word !== null && <SettleDialog write={write} word={word} onClose={() => setWord(null)} />}
    </div>
  );
}

/** What went out: each resource as a tree of its own, so that it stands open; an HL7 message as it was sent. */
function Request({ body }: { readonly body: unknown }) {
  if (typeof body !== 'object' || body === null) return <JsonTree name="request" value={body} />;
  const { hl7, ...rest } = body as Record<string, unknown>;
  const given = Object.entries(rest).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return (
    <div>
      {given.map(([name, value]) => (
        <JsonTree
          key={name}
          {...(typeof value === 'object' ? { name, value } : { name: 'with', value: { [name]: value } })}
        />
      ))}
      {typeof hl7 === 'string' && <pre className="said">{hl7.replaceAll('\r', '\n')}</pre>}
    </div>
  );
}

function Shown({ revealed }: { readonly revealed: WriteRevealed }) {
  return (
    <div className="step-data" data-testid="write-shown">
      <Request body={revealed.body} />
      {revealed.result === null ? (
        <Text size="sm" c="dimmed">
          No answer is kept.
        </Text>
      ) : (
        <JsonTree name="answer" value={revealed.result} />
      )}
    </div>
  );
}
