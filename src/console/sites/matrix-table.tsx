import { Table, UnstyledButton } from '@mantine/core';
import type { CapabilitiesAnswer } from '../../api/types.ts';

type Matrix = CapabilitiesAnswer['matrix'];
export type Cell = Matrix['rows'][number]['cells']['read'];
export type CellState = Cell['state'];

export type CellName =
  | {
      readonly kind: 'resource';
      readonly resource: string;
      readonly ability: keyof Matrix['rows'][number]['cells'];
    }
  | { readonly kind: 'service'; readonly service: keyof Matrix['services'] };

const COLUMNS = ['read', 'search', 'create', 'update', 'trigger'] as const;

/** The word is what counts; the colour says it once more. */
const SIGN: Readonly<Record<CellState, { readonly word: string; readonly mark: string }>> = {
  yes: { word: 'yes', mark: '✓' },
  'with a condition': { word: 'if', mark: '!' },
  'not known': { word: 'not known', mark: '?' },
  no: { word: 'no', mark: '✕' },
};

export const sameCell = (a: CellName | null, b: CellName): boolean => JSON.stringify(a) === JSON.stringify(b);

interface Choice {
  readonly matrix: Matrix;
  readonly chosen: CellName | null;
  readonly choose: (name: CellName | null) => void;
}

export function MatrixTable({ matrix, chosen, choose }: Choice) {
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table data-testid="matrix" withTableBorder verticalSpacing={4}>
        <Table.Caption>Choose a cell to see whence it is known, and what there is instead.</Table.Caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Resource</Table.Th>
            {COLUMNS.map((ability) => (
              <Table.Th key={ability} className="ability">
                {ability}
              </Table.Th>
            ))}
            <Table.Th>Known by</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {matrix.rows.map(({ resource, cells, identity }) => (
            <Table.Tr key={resource}>
              <Table.Th scope="row">{resource}</Table.Th>
              {COLUMNS.map((ability) => {
                const name: CellName = { kind: 'resource', resource, ability };
                return (
                  <Table.Td key={ability}>
                    <CellButton
                      cell={cells[ability]}
                      label={`${resource} ${ability}`}
                      pressed={sameCell(chosen, name)}
                      onClick={() => choose(sameCell(chosen, name) ? null : name)}
                    />
                  </Table.Td>
                );
              })}
              <Table.Td className="soft">{identity}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

export function ServiceTable({ matrix, chosen, choose }: Choice) {
  return (
    <Table.ScrollContainer minWidth={640}>
      <Table data-testid="services" withTableBorder verticalSpacing={4}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Beside resources</Table.Th>
            <Table.Th className="ability">here</Table.Th>
            <Table.Th>What it means</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {(Object.entries(matrix.services) as [keyof Matrix['services'], Cell][]).map(([service, cell]) => {
            const name: CellName = { kind: 'service', service };
            return (
              <Table.Tr key={service}>
                <Table.Th scope="row">{service}</Table.Th>
                <Table.Td>
                  <CellButton
                    cell={cell}
                    label={service}
                    pressed={sameCell(chosen, name)}
                    onClick={() => choose(sameCell(chosen, name) ? null : name)}
                  />
                </Table.Td>
                <Table.Td className="soft">{cell.text}</Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function CellButton({
  cell,
  label,
  pressed,
  onClick,
}: {
  readonly cell: Cell;
  readonly label: string;
  readonly pressed: boolean;
  readonly onClick: () => void;
}) {
  const { word, mark } = SIGN[cell.state];
  return (
    <UnstyledButton
      className={`cell cell-${word.replace(' ', '-')}`}
      aria-pressed={pressed}
      aria-label={`${label}: ${cell.state}`}
      data-testid={`cell-${label.replaceAll(' ', '-')}`}
      onClick={onClick}
    >
      <span aria-hidden="true">{mark}</span> {word}
      {cell.chosen ? <span className="way">{cell.chosen}</span> : null}
    </UnstyledButton>
  );
}
