/** What both forms say of the bytes around the segments. */
const envelope = {
  charset: { type: 'string', description: 'Table 0211; left out where all bytes are ASCII.' },
  lineEnd: { enum: ['\r', '\n', '\r\n'], description: 'What ends each segment; left out for CR.' },
  closed: { type: 'boolean', description: 'False where the last segment has no line end.' },
  source: {
    type: 'string',
    pattern: '^[A-Za-z0-9+/]*={0,2}$',
    description: 'The bytes, in base64, where the rest cannot give them back.',
  },
} as const;

const leaf = {
  description:
    'A text with escapes resolved, null for HL7\'s "", or what is written where a text cannot say it.',
  anyOf: [
    { type: 'string' },
    { type: 'null' },
    {
      type: 'object',
      properties: { raw: { type: 'string' } },
      required: ['raw'],
      additionalProperties: false,
    },
  ],
} as const;

const segmentId = { type: 'string', pattern: '^[A-Z][A-Z0-9]{2}$' } as const;

/** JSON Schema (draft 2020-12) of the compact form. */
export const compactSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'HL7 v2 message, compact form',
  description: 'Field n of a segment stands at index n of its list.',
  type: 'object',
  properties: {
    form: { const: 'compact' },
    ...envelope,
    segments: {
      type: 'array',
      items: {
        anyOf: [
          { type: 'string', description: 'A line that is no segment.' },
          { type: 'array', prefixItems: [segmentId], items: { $ref: '#/$defs/field' }, minItems: 1 },
        ],
      },
    },
  },
  required: ['form', 'segments'],
  additionalProperties: false,
  $defs: {
    leaf,
    component: {
      anyOf: [{ $ref: '#/$defs/leaf' }, { type: 'array', items: { $ref: '#/$defs/leaf' } }],
    },
    repetition: {
      anyOf: [{ $ref: '#/$defs/leaf' }, { type: 'array', items: { $ref: '#/$defs/component' } }],
    },
    field: {
      anyOf: [
        { $ref: '#/$defs/repetition' },
        {
          type: 'object',
          properties: {
            repetitions: { type: 'array', items: { $ref: '#/$defs/repetition' } },
          },
          required: ['repetitions'],
          additionalProperties: false,
        },
      ],
    },
  },
} as const;

const trailing = {
  type: 'integer',
  minimum: 0,
  maximum: 1_000,
  description: 'How many empty parts follow the last that is filled.',
} as const;

/** JSON Schema (draft 2020-12) of the readable form; the names themselves are those of the dictionary. */
export const readableSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'HL7 v2 message, readable form',
  description:
    'Fields and components by their names in the dictionary of the version; field30 where it has none.',
  type: 'object',
  properties: {
    form: { const: 'readable' },
    version: { type: 'string', pattern: '^\\d\\.\\d(\\.\\d)?$' },
    ...envelope,
    segments: {
      type: 'array',
      items: {
        anyOf: [
          {
            type: 'object',
            properties: { line: { type: 'string', description: 'A line that is no segment.' } },
            required: ['line'],
            additionalProperties: false,
          },
          {
            type: 'object',
            properties: { segment: segmentId, trailing },
            required: ['segment'],
            additionalProperties: { $ref: '#/$defs/value' },
          },
        ],
      },
    },
  },
  required: ['form', 'version', 'segments'],
  additionalProperties: false,
  $defs: {
    leaf,
    part: {
      anyOf: [
        { $ref: '#/$defs/leaf' },
        {
          type: 'object',
          properties: { trailing },
          additionalProperties: { $ref: '#/$defs/part' },
        },
      ],
    },
    value: {
      description: 'A field; a list where it may repeat.',
      anyOf: [{ $ref: '#/$defs/part' }, { type: 'array', items: { $ref: '#/$defs/part' } }],
    },
  },
} as const;
