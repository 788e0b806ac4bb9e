/** Words from which people and places are made. All invented or too common to be anyone's; no real patient. */

// Some are awkward on purpose: an apostrophe, a hyphen, a space, letters beyond ASCII, and an ampersand,
// which HL7 must escape as \T\ and XML as &amp;.
export const families = [
  'Abara',
  'Ashdown',
  'Bellweather',
  'Castellano',
  'Dovecote',
  'Eastlake',
  'Farrow',
  'Grünwald',
  'Halloran',
  'Ibarra',
  'Juniper',
  'Kestrel',
  'Larkspur',
  'Marlow & Hart',
  'Núñez',
  "O'Fallon",
  'Pemberly',
  'Quillfeather',
  'Rosenthal',
  'Sørby',
  'Thistlewood',
  'Underhill',
  'Van der Zee',
  'Whitlock-Reyes',
  'Xiong',
  'Yarrow',
  'Zamboni',
] as const;

export const givenNames = {
  female: ['Adela', 'Brigid', 'Chiara', 'Delphine', 'Esperanza', 'Freya', 'Inés', 'Juno', 'Leocadia', 'Wren'],
  male: ['Anselm', 'Bertrand', 'Cyrus', 'Dmitri', 'Emeka', 'Florian', 'Gideon', 'Joaquín', 'Lucian', 'Rafe'],
} as const;

export const middleNames = ['', 'Ann', 'Blake', 'Dale', 'Jo', 'Lee', 'Quinn', 'Ray'] as const;

export const streets = [
  'Alder St',
  'Birch & 3rd',
  'Cedar Ln',
  'Dogwood Ave',
  'Elm Ct',
  'Foxglove Way',
] as const;

export const places = [
  { city: 'Larkfield', state: 'WI', postalCode: '53999', county: 'Verdant' },
  { city: 'Port Amity', state: 'WI', postalCode: '53998', county: 'Verdant' },
  { city: 'Cobble Creek', state: 'IL', postalCode: '60999', county: 'Prairie' },
  { city: 'St. Osric', state: 'MN', postalCode: '55999', county: 'Osric' },
] as const;

export const races = [
  { code: '2106-3', display: 'White' },
  { code: '2054-5', display: 'Black or African American' },
  { code: '2028-9', display: 'Asian' },
  { code: '2131-1', display: 'Other Race' },
] as const;

export const complaints = [
  'Chest pain',
  'Shortness of breath',
  'Abdominal pain',
  'Fever & chills',
  'Fall, hip pain',
  'Dizziness',
  'Post-operative check',
] as const;

export const cancelReasons = [
  'Patient',
  'Provider',
  'Weather',
  'Transportation',
  'Scheduled in error',
] as const;
