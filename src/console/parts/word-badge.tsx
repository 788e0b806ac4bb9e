import { Badge } from '@mantine/core';

/** A state in a word of GLOSSARY, with its colour; `title` says what it means. */
export function WordBadge(props: {
  readonly word: string;
  readonly color: string;
  readonly title?: string;
  readonly testId?: string;
}) {
  return (
    <Badge
      className="state-badge"
      color={props.color}
      variant="light"
      radius="sm"
      tt="none"
      title={props.title}
      data-testid={props.testId}
    >
      {props.word}
    </Badge>
  );
}
