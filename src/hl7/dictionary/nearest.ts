/** The name that a wrong one was most likely meant to be; undefined when none is near. Letter case does not count. */
export function nearest(wrong: string, names: Iterable<string>): string | undefined {
  const wanted = wrong.slice(0, 60).toLowerCase();
  let best: string | undefined;
  // A third of the letters may differ: `PatientNam`, `Patinet`; more is another name.
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    if (Math.abs(name.length - wanted.length) >= least) continue;
    // Of two that are equally near, people mean the one that begins alike.
    const begins = name.charAt(0).toLowerCase() === wanted.charAt(0) ? 0 : 0.5;
    const far = distance(wanted, name.toLowerCase(), least) + begins;
    if (far >= least) continue;
    least = far;
    best = name;
  }
  return best;
}

/** Letters added, left out, exchanged or in turned order (optimal string alignment); `least` when it is no nearer. */
function distance(a: string, b: string, least: number): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let far = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        far = Math.min(far, (before[j - 2] ?? 0) + 1);
      next.push(far);
    }
    if (Math.min(...next) >= least) return least;
    before = row;
    row = next;
  }
  return row[b.length] ?? least;
}
