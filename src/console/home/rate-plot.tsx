import { useEffect, useRef } from 'react';
import UPlot from 'uplot';

const WIDTH = 150;
const HEIGHT = 34;

/** Received in each of the last sixty minutes. Drawn with uPlot; read out as a sentence. */
export function RatePlot({ perMinute }: { readonly perMinute: readonly number[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const first = useRef(perMinute);

  useEffect(() => {
    const target = place.current;
    if (!target) return;
    // Colours come from the style sheet, so that light and dark need no second drawing code.
    const colour = (name: string): string => getComputedStyle(target).getPropertyValue(name).trim();
    const made = new UPlot(
      {
        width: WIDTH,
        height: HEIGHT,
        padding: [3, 0, 1, 0],
        cursor: { show: false },
        legend: { show: false },
        select: { show: false, left: 0, top: 0, width: 0, height: 0 },
        scales: { x: { time: false }, y: { range: (_plot, _min, max) => [0, Math.max(4, max)] } },
        axes: [{ show: false }, { show: false }],
        series: [
          {},
          {
            stroke: () => colour('--plot-line'),
            fill: () => colour('--plot-fill'),
            width: 1.5,
            points: { show: false },
            ...(UPlot.paths.stepped ? { paths: UPlot.paths.stepped({ align: 1 }) } : {}),
          },
        ],
      },
      dataOf(first.current),
      target,
    );
    plot.current = made;
    const watcher = new MutationObserver(() => made.redraw());
    watcher.observe(document.documentElement, {
      attributes: true,
      attributeFilter: ['data-mantine-color-scheme'],
    });
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, []);

  useEffect(() => plot.current?.setData(dataOf(perMinute)), [perMinute]);

  const total = perMinute.reduce((sum, count) => sum + count, 0);
  const text = `${total} received in the last hour, at most ${Math.max(0, ...perMinute)} in a minute`;
  return <div ref={place} className="rate-plot" role="img" aria-label={text} title={text} />;
}

function dataOf(perMinute: readonly number[]): UPlot.AlignedData {
  return [perMinute.map((_count, minute) => minute), [...perMinute]];
}
