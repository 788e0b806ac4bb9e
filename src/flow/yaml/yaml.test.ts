import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  appointment,
  cds,
  checkFlowFile,
  type Flow,
  flow,
  flowVersion,
  hl7,
  manual,
  readFlow,
  type Step,
  schedule,
  toYaml,
} from '../index.ts';

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a flow in YAML', () => {
  const text = `flow: labs
about: Passes results on, and tells of admissions.
sites: [ riverside, tag:cardiology ]
on: { hl7: ORU^R01 }
order: connection
giveUpAfter: 12h
late: { after: 2h, do: hold, since: hl7:MSH-7 }
retention: { days: 365, dead: 400 }
service: { endToEnd: 5m, silence: learn }
steps:
  - route: kind
    branches:
      result:
        when: { path: event.type, equals: ORU^R01 }
        steps:
          - for-each: each
            in: hl7:OBX[*]-5
            as: value
            steps:
              - send: one
                connection: app
                do: send
                args:
                  body.value: value
      other:
        when: { not: { path: event.patient, exists: true } }
        steps:
          - map: body
            fields:
              name: { from: [ event.controlId ], transform: upper }
    otherwise: filter
  - map: message
    hl7: { type: ADT^A08, fields: { PID-5.1: { value: DOE } } }
  - send: out
    when: { path: kind.branch, equals: result }
    connection: lab-out
    do: send
    args:
      body: message
    onUnknown: hold
`;

  test('is the value that the builder gives, and is written as it was read', () => {
    const built = flow('labs', {
      about: 'Passes results on, and tells of admissions.',
      sites: ['riverside', 'tag:cardiology'],
      order: 'connection',
      giveUpAfter: '12h',
      late: { after: '2h', do: 'hold', since: 'hl7:MSH-7' },
      retention: { days: 365, dead: 400 },
      service: { endToEnd: '5m', silence: 'learn' },
    })
      .on(hl7.message('ORU^R01'))
      .route('kind', (ways) =>
        ways
          .when('result', { path: 'event.type', equals: 'ORU^R01' }, (steps) =>
            steps.forEach('each', { in: 'hl7:OBX[*]-5', as: 'value' }, (item) =>
              item.send('one', { connection: 'app', do: 'send', args: { 'body.value': 'value' } }),
            ),
          )
          .when('other', { not: { path: 'event.patient', exists: true } }, (steps) =>
            steps.map('body', { name: { from: ['event.controlId'], transform: 'upper' } }),
          )
          .otherwise('filter'),
      )
      .hl7('message', { type: 'ADT^A08', fields: { 'PID-5.1': { value: 'DOE' } } })
      .send('out', {
        connection: 'lab-out',
        do: 'send',
        args: { body: 'message' },
        onUnknown: 'hold',
        when: { path: 'kind.branch', equals: 'result' },
      });
    const { flow: read, faults } = readFlow(text);
    expect(faults).toEqual([]);
    expect(read).toEqual({ ...built });
    expect(flowVersion(read as Flow)).toBe(flowVersion(built));
    expect(toYaml(built)).toBe(text);
    expect(toYaml(read as Flow)).toBe(text);
  });

  test('holds every trigger', () => {
    const step = { connection: 'app', do: 'send', args: {} } as const;
    for (const one of [
      flow('a').on(appointment.changed()).send('out', step),
      flow('b')
        .on(schedule('0 6 * * 1-5', { timeZone: 'America/Chicago', missed: 'all' }))
        .send('out', step),
      flow('c').on(manual()).send('out', step),
      flow('d')
        .on(
          cds.patientView({
            service: 's',
            description: 'd',
            prefetch: { p: 'Patient/{{context.patientId}}' },
          }),
        )
        .respond('cards', [
          {
            card: {
              summary: { value: 'Hello' },
              indicator: { value: 'info' },
              'source.label': { value: 'us' },
            },
          },
        ]),
    ]) {
      expect(readFlow(toYaml(one)), one.name).toMatchObject({ flow: { ...one }, faults: [] });
    }
  });

  test('says nothing of what is usual', () => {
    const text = 'flow: x\non: manual\nsteps:\n  - send: out\n    connection: app\n    do: send\n';
    const built = flow('x').on(manual()).send('out', { connection: 'app', do: 'send', args: {} });
    expect(readFlow(text).flow).toEqual({ ...built });
    expect(toYaml(built)).toBe(text);
  });

  test('a function of TypeScript cannot be written, and says so', () => {
    const coded = flow('x')
      .on(manual())
      .code('price', { reads: {}, run: () => 1 });
    expect(() => toYaml(coded)).toThrow('The code step "price" is a function of TypeScript');
  });
});

describe('what is wrong in a file', () => {
  const file = (...lines: readonly string[]): string => `${lines.join('\n')}\n`;
  const whole = (...steps: readonly string[]): string =>
    file('flow: x', 'on: { hl7: ADT^A01 }', 'steps:', ...steps.map((line) => `  ${line}`));
  const told = (text: string): string[] =>
    checkFlowFile(text).faults.map(({ line, place, reason, fix }) => `${line}: ${place}: ${reason}; ${fix}`);

  test.each([
    ['no YAML', 'flow: [a\n', '2: : it is no YAML: Flow sequence'],
    ['a key twice', 'flow: a\nflow: b\n', '2: : it is no YAML: Map keys must be unique'],
    ['an alias', 'flow: &a x\non: *a\n', '2: : there is a reference to another place (*name); Write it out'],
    ['two documents', 'flow: a\n---\nflow: b\n', '2: : it is no YAML'],
    ['nothing', '', '0: : it says no flow; Begin with flow:'],
    [
      'a misspelt key',
      file('flow: x', 'odrer: flow', 'on: manual', 'steps: []'),
      '2: : the flow has no "odrer"; Did you mean "order"?',
    ],
    [
      'an unknown trigger',
      file('flow: x', 'on: { hl8: ADT^A01 }', 'steps: []'),
      '2: trigger: there is no trigger "hl8"; Did you mean "hl7"?',
    ],
    [
      'no time',
      file('flow: x', 'on: manual', 'giveUpAfter: 3 weeks', 'steps: []'),
      '3: giveUpAfter: it is no length of time; Write it like',
    ],
    [
      'an unknown step',
      whole('- sned: out', '  connection: a'),
      '4: steps: there is no step of the kind "sned"; Did you mean "send"?',
    ],
    [
      'a step without connection',
      whole('- send: out', '  do: send'),
      '4: step "out", connection: there is no "connection"; Give it: a text.',
    ],
    [
      'a misspelt key of a step',
      whole('- send: out', '  connection: a', '  do: send', '  ags: {}'),
      '7: step "out": a send step has no "ags"; Did you mean "args"?',
    ],
    [
      'a misspelt key of a rule',
      whole('- map: m', '  fields:', '    a: event.type', '    b: { form: event.type }'),
      '7: step "m", fields.b: a rule has no "form"; Did you mean "from"?',
    ],
    [
      'a number as text',
      whole('- map: 12', '  fields: {}'),
      '4: steps: the step has no id; Put it in quotes: "12".',
    ],
    [
      'no condition',
      whole('- filter: f', '  that: { path: event.type }'),
      '5: step "f", that: it is no condition; Write it as',
    ],
    [
      'ids that collide, one in a branch',
      whole(
        '- map: m',
        '  fields: { a: event.type }',
        '- route: r',
        '  branches:',
        '    one:',
        '      when: { path: m.a, exists: true }',
        '      steps:',
        '        - map: m',
        '          fields: { a: event.type }',
        '  otherwise: filter',
      ),
      '4: step "m": an earlier step has the same id; Rename one',
    ],
    [
      'a later step',
      whole('- map: m', '  fields:', '    a: n.b', '- map: n', '  fields: { b: event.type }'),
      '6: step "m", fields.a: "n.b" reads the step "n", which is not done before this one; Move that step up.',
    ],
    [
      'a step of another branch',
      whole(
        '- route: r',
        '  branches:',
        '    one:',
        '      when: { path: event.type, exists: true }',
        '      steps:',
        '        - map: m',
        '          fields: { a: event.type }',
        '  otherwise: continue',
        '- map: n',
        '  fields:',
        '    b: m.a',
      ),
      '14: step "n", fields.b: "m.a" reads the step "m", which stands in a branch or a list and is not seen outside of it; Read it where it stands, or move it out.',
    ],
    [
      'sleep in a list',
      whole('- for-each: l', '  in: hl7:PID-3[*]', '  as: id', '  steps:', '    - wait: w', '      for: 1h'),
      '4: step "l": "w" sleeps in the middle of a list',
    ],
    [
      'an item that is called like a step',
      whole(
        '- for-each: l',
        '  in: hl7:PID-3[*]',
        '  as: site',
        '  steps:',
        '    - map: m',
        '      fields: { a: event.type }',
      ),
      '6: step "l", as: "site" is taken',
    ],
    [
      'a prototype',
      whole('- map: m', '  fields:', '    __proto__.x: event.type'),
      '6: step "m", fields.__proto__.x: "__proto__.x" names an object\'s prototype',
    ],
    [
      'a schedule that never comes',
      file('flow: x', 'on: { schedule: 0 0 31 2 * }', 'steps:', '  - map: m', '    fields: {}'),
      '2: trigger: "0 0 31 2 *" never comes; Look at its day and month.',
    ],
    [
      'a schedule that is none',
      file('flow: x', 'on: { schedule: "61 0 * * *" }', 'steps:', '  - map: m', '    fields: {}'),
      '2: trigger: "61 0 * * *" is no schedule',
    ],
    [
      'a zone that is none',
      file(
        'flow: x',
        'on: { schedule: 0 6 * * *, timeZone: America/Chicage }',
        'steps:',
        '  - map: m',
        '    fields: {}',
      ),
      '2: trigger: "America/Chicage" is no time zone; Did you mean "America/Chicago"?',
    ],
    [
      'a script outside',
      whole('- code: c', '  script: ../../etc/x.js'),
      '5: step "c", script: "../../etc/x.js" is no file of the project',
    ],
    [
      'too many things',
      whole(
        '- for-each: l',
        '  in: hl7:PID-3[*]',
        '  as: a',
        '  atMost: 1000',
        '  steps:',
        '    - for-each: k',
        '      in: hl7:PID-3[*]',
        '      as: b',
        '      steps:',
        '        - send: s',
        '          connection: x',
        '          do: send',
      ),
      '3: steps: one delivery could do 100000 things',
    ],
  ])('%s', (_, text, expected) => {
    expect(told(text).map((each) => each.slice(0, expected.length))).toContain(expected);
  });

  test('paths that FHIR R4 has not, as in TypeScript', () => {
    const text = file(
      'flow: x',
      'on: { event: Appointment, changes: [ created ] }',
      'steps:',
      '  - filter: f',
      '    that: { path: "event.participant[actor.typ=Patient].status", equals: accepted }',
      '  - read: p',
      '    connection: epic',
      '    do: patient.read',
      '    args:',
      '      reference: event.participant[0].actor.referense',
      '    verify: { birthdate: event.start }',
      '  - for-each: each',
      '    in: event.participant',
      '    as: who',
      '    steps:',
      '      - map: m',
      '        fields:',
      '          a: who.actor.reference',
      '          b: who.status.code',
      '          c: p.extension[url=x].valueDecimal',
      '  - map: n',
      '    fields:',
      '      a: p.name[0].famly',
      '      b: site.timezone',
    );
    const { faults } = checkFlowFile(text, { types: true });
    expect(faults.map(({ line, place, reason, fix }) => `${line}: ${place}: ${reason}; ${fix}`)).toEqual([
      '5: step "f", that: "event.participant[actor.typ=Patient].status": Reference has no "typ"; Did you mean "type"?',
      '11: step "p", verify.birthdate: Patient has no "birthdate"; Did you mean "birthDate"?',
      '10: step "p", args.reference: "event.participant[0].actor.referense": Reference has no "referense"; Did you mean "reference"?',
      '19: step "m", fields.b: "who.status.code": a text or number has no field "code"; End the path before it.',
      '23: step "n", fields.a: "p.name[0].famly": HumanName has no "famly"; Did you mean "family"?',
      '24: step "n", fields.b: "site.timezone": site has no "timezone"; Did you mean "timeZone"?',
    ]);
  });

  test('nests without end in no file', () => {
    const deep = `flow: x\non: manual\nsteps: ${'['.repeat(1_000)}${']'.repeat(1_000)}\n`;
    expect(checkFlowFile(deep).faults.length).toBeGreaterThan(0);
    const conditions = `flow: x\non: manual\nsteps:\n  - filter: f\n    that: ${'{ not: '.repeat(200)}1${' }'.repeat(200)}\n`;
    expect(checkFlowFile(conditions).faults.map(({ reason }) => reason)).toContain(
      'it is nested more than 60 deep',
    );
  });
});

describe('any flow', () => {
  const words = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/);
  const anyText = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' });
  const lengths = fc.integer({ min: 1, max: 10_000_000_000 });
  const json = fc
    .jsonValue({ maxDepth: 2 })
    .filter((value) => !/"__proto__"|-0(?![.\d])/.test(JSON.stringify(value)) && !Object.is(value, -0))
    .map((value) => JSON.parse(JSON.stringify(value)) as never);
  const source = fc.oneof(words, anyText);
  const rule = fc.oneof(
    source,
    fc.record({ value: json }),
    fc.record(
      {
        from: fc.oneof(source, fc.array(source, { minLength: 1, maxLength: 3 })),
        transform: words,
        default: json,
        required: fc.boolean(),
      },
      { requiredKeys: ['from'] },
    ),
  );
  const target = fc.oneof(words, anyText).filter((each) => each !== '__proto__');
  const fields = fc.dictionary(target, rule, { maxKeys: 4 });
  const condition = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.record({ path: source, exists: fc.boolean() }),
      fc.record({ path: source, equals: json }),
      fc.record({ path: source, in: fc.array(json, { maxLength: 3 }) }),
      fc.record({ all: fc.array(tie('any'), { maxLength: 2 }) }),
      fc.record({ not: tie('any') }),
    ),
  })).any;
  const optional = (given: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[]) =>
    fc.record(given, { requiredKeys });
  const call = { id: words, when: condition, connection: words, do: words, args: fields };
  const NEEDED = ['kind', 'id', 'connection', 'do', 'args'];
  const step = fc.letrec((tie) => {
    const steps = fc.array(tie('any'), { minLength: 1, maxLength: 2 });
    return {
      any: fc.oneof(
        { depthSize: 'small' },
        optional(
          {
            ...call,
            kind: fc.constantFrom('find', 'read'),
            optional: fc.boolean(),
            verify: fc.dictionary(target, source, { maxKeys: 2 }),
          },
          NEEDED,
        ),
        optional(
          {
            ...call,
            kind: fc.constantFrom('create', 'update', 'upsert', 'send'),
            onUnknown: fc.oneof(fc.constantFrom('resend', 'hold'), fc.record({ findFirst: words })),
          },
          NEEDED,
        ),
        optional({ kind: fc.constant('map'), id: words, when: condition, fields }, ['kind', 'id', 'fields']),
        optional({ kind: fc.constant('map'), id: words, map: words }, ['kind', 'id', 'map']),
        optional(
          {
            kind: fc.constant('map'),
            id: words,
            hl7: fc.record(
              { type: words, fields, write: fc.array(source, { minLength: 1 }) },
              { requiredKeys: ['type'] },
            ),
          },
          ['kind', 'id', 'hl7'],
        ),
        optional(
          {
            kind: fc.constant('lookup'),
            id: words,
            valueSet: words,
            code: source,
            to: fc.constantFrom('ours', 'theirs'),
            otherwise: json,
          },
          ['kind', 'id', 'valueSet', 'code'],
        ),
        optional({ kind: fc.constant('filter'), id: words, that: condition }, ['kind', 'id', 'that']),
        optional(
          {
            kind: fc.constant('code'),
            id: words,
            reads: fc.dictionary(target, source, { maxKeys: 2 }),
            script: words,
          },
          ['kind', 'id', 'reads', 'script'],
        ),
        optional(
          {
            kind: fc.constant('wait'),
            id: words,
            for: lengths,
            until: source,
            on: fc.array(anyText, { minLength: 1 }),
            cancelOn: fc.array(anyText),
          },
          ['kind', 'id'],
        ),
        optional(
          {
            kind: fc.constant('approve'),
            id: words,
            ask: anyText,
            role: fc.constantFrom('operator', 'admin'),
            whenLate: fc.constantFrom('hold', 'refuse'),
            show: fields,
            deadline: lengths,
          },
          ['kind', 'id', 'ask', 'role', 'whenLate', 'show'],
        ),
        optional(
          {
            kind: fc.constant('route'),
            id: words,
            branches: fc.uniqueArray(
              fc.record({ name: target.filter((name) => !/^\d+$/.test(name)), when: condition, steps }),
              { selector: ({ name }) => name, minLength: 1, maxLength: 2 },
            ),
            otherwise: fc.oneof(fc.constantFrom('filter', 'fail', 'continue'), steps),
          },
          ['kind', 'id', 'branches', 'otherwise'],
        ),
        optional(
          {
            kind: fc.constant('for-each'),
            id: words,
            in: source,
            as: words,
            atMost: fc.integer({ min: 1, max: 1000 }),
            steps,
          },
          ['kind', 'id', 'in', 'as', 'atMost', 'steps'],
        ),
      ),
    };
  }).any as unknown as fc.Arbitrary<Step>;
  const trigger = fc.oneof(
    fc.record({ kind: fc.constant('event'), resource: words, changes: fc.subarray(['created', 'updated']) }),
    fc.record(
      { kind: fc.constant('hl7'), type: anyText, connection: words },
      { requiredKeys: ['kind', 'type'] },
    ),
    fc.record({ kind: fc.constantFrom('webhook', 'file'), connection: words }),
    fc.record({ kind: fc.constant('manual') }),
    optional(
      {
        kind: fc.constant('schedule'),
        cron: anyText,
        timeZone: words,
        missed: fc.constantFrom('latest', 'all', 'skip'),
      },
      ['kind', 'cron', 'missed'],
    ),
  );
  const anyFlow = fc.record(
    {
      name: words,
      about: fc.oneof(fc.constant(''), anyText),
      sites: fc.oneof(fc.constant('all'), fc.array(anyText, { minLength: 1, maxLength: 3 })),
      order: fc.constantFrom('patient', 'connection', 'flow'),
      trigger,
      steps: fc.array(step, { maxLength: 3 }),
      giveUpAfter: fc.oneof(fc.constant(259_200_000), lengths),
      attempts: fc.nat(),
      exhausted: fc.constantFrom('stop lane', 'dead letter'),
      late: fc.record({ after: lengths, do: fc.constantFrom('filter', 'hold', 'dead letter') }),
      retention: fc.record(
        { days: fc.integer({ min: 1 }), dead: fc.integer({ min: 1 }) },
        { requiredKeys: [] },
      ),
      service: fc.record(
        { endToEnd: lengths, silence: fc.oneof(lengths, fc.constant('learn')) },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['name', 'about', 'sites', 'order', 'trigger', 'steps', 'giveUpAfter'] },
  ) as unknown as fc.Arbitrary<Flow>;

  test('reads back as what was written, and is written as it was read', () => {
    fc.assert(
      fc.property(anyFlow, (value) => {
        const text = toYaml(value);
        const read = readFlow(text);
        expect(read.faults).toEqual([]);
        expect(plain(read.flow)).toEqual(plain(value));
        expect(toYaml(read.flow as Flow)).toBe(text);
      }),
      { numRuns: 100 },
    );
  });
});
