/** Learning by Bulk Data: the same for every resource that a Group export has. */
export const groupExport = {
  how: 'A Group export, compared by content with what has been seen.',
  needs: ['Group'],
  latency: 'a day: the same Group may be exported once in 24 hours',
  ground: 'Epic Bulk Data: Group export, no _since, 24-hour window',
} as const;
