/** XML as the importer sees it: elements with their line, and questions about them that never fail. */

export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** The texts directly inside, joined. */
  readonly text: string;
  /** Of its opening tag, from 1. */
  readonly line: number;
  /** Where its first text begins: the line of a script’s first line. */
  readonly textLine: number;
}

export const child = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((each) => each.name === name);

/** Down a path of names: `within(channel, 'sourceConnector', 'properties')`. */
export const within = (
  element: XmlElement | undefined,
  ...names: readonly string[]
): XmlElement | undefined => names.reduce(child, element);

/** The text of an element below, without blanks around; empty when it is not there. */
export const textAt = (element: XmlElement | undefined, ...names: readonly string[]): string =>
  within(element, ...names)?.text.trim() ?? '';

export const isTrue = (element: XmlElement | undefined, ...names: readonly string[]): boolean =>
  textAt(element, ...names) === 'true';

/** A switch that some versions write with `is` in front: `useHeadersVariable`, `isUseHeadersVariable`. */
export const isOn = (element: XmlElement | undefined, name: string): boolean =>
  isTrue(element, name) || isTrue(element, `is${name.charAt(0).toUpperCase()}${name.slice(1)}`);

/** The texts of all children of one name: `<string>a</string><string>b</string>`. */
export const textsOf = (element: XmlElement | undefined, name: string): readonly string[] =>
  (element?.children ?? []).filter((each) => each.name === name).map((each) => each.text);

/** XStream’s maps: `<entry><string>key</string><string>value</string></entry>`. */
export function entriesOf(element: XmlElement | undefined): readonly (readonly [string, XmlElement])[] {
  return (element?.children ?? []).flatMap((entry) => {
    const [key, value] = entry.children;
    return entry.name === 'entry' && key !== undefined && value !== undefined
      ? [[key.text.trim(), value] as const]
      : [];
  });
}
