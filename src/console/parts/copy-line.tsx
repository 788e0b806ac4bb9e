import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

const SAID_FOR = 2_500;

/**
 * A line to take elsewhere, with a button that copies it. Over plain HTTP a browser gives pages no clipboard: then the
 * line is selected and copied as a person would.
 */
export function CopyLine(props: { readonly label: string; readonly text: string; readonly testId: string }) {
  const { label, text, testId } = props;
  const line = useRef<HTMLElement>(null);
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = window.setTimeout(() => setSaid(null), SAID_FOR);
    return () => window.clearTimeout(timer);
  }, [said]);
  // Another line is there: what was copied is not it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: by the text alone
  useEffect(() => setSaid(null), [text]);

  const byHand = (): void => {
    if (line.current) window.getSelection()?.selectAllChildren(line.current);
    setSaid(document.execCommand('copy') ? 'Copied' : 'Selected: press Ctrl+C');
  };
  const copy = (): void => {
    if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => setSaid('Copied'), byHand);
    else byHand();
  };
  return (
    <div className="copy-line">
      <span className="copy-label">{label}</span>
      <code ref={line} className="copy-text mono" data-testid={testId}>
        {text}
      </code>
      <Button
        size="compact-xs"
        variant="default"
        onClick={copy}
        aria-label={`Copy: ${label}`}
        data-testid={`${testId}-copy`}
      >
        Copy
      </Button>
      <span role="status" className="copy-said">
        {said}
      </span>
    </div>
  );
}
