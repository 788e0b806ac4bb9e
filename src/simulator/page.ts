/** HTML as text that is safe to send: what was put into it is escaped. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function written(value: unknown): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(written).join('');
  if (value === undefined || value === null || value === false) return '';
  return String(value).replace(/[&<>"']/g, (character) => entities[character] as string);
}

/** Writes HTML; each value between the texts is escaped, unless it is Html itself. */
export function html(texts: TemplateStringsArray, ...values: readonly unknown[]): Html {
  return new Html(texts.map((text, index) => text + written(values[index])).join(''));
}

const style = `
  :root { color-scheme: light; font: 16px/1.5 system-ui, sans-serif; color: #1c2733; background: #eef2f5 }
  body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem }
  body.narrow { max-width: 30rem }
  header { border-bottom: 3px solid #1f6f8b; margin-bottom: 1.5rem; padding-bottom: .5rem }
  header p { margin: 0; color: #52616f } h1 { margin: 0; font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 0 0 .75rem }
  nav a { margin-right: 1rem } a { color: #14566d }
  section { background: #fff; border: 1px solid #d5dde4; border-radius: 8px; padding: 1.25rem; margin-bottom: 1.25rem; overflow-x: auto }
  label { display: block; margin: .75rem 0 .25rem; font-weight: 600 } .check { font-weight: 400; margin: .15rem 0 }
  .hint { color: #52616f; font-size: .875rem; margin: .15rem 0 } .bad { color: #a11f2c; font-weight: 600 }
  input[type=text], input[type=password], input[type=url], textarea, select { width: 100%; box-sizing: border-box; font: inherit; padding: .45rem .6rem; border: 1px solid #9fb0bd; border-radius: 5px }
  button { font: inherit; padding: .5rem 1.1rem; border-radius: 5px; border: 1px solid #14566d; background: #1f6f8b; color: #fff; cursor: pointer }
  button.plain { background: #fff; color: #14566d } button.small { padding: .15rem .6rem; font-size: .875rem } form.inline { display: inline }
  table { border-collapse: collapse; width: 100%; font-size: .9rem } th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid #e6ebef }
  td form { display: flex; gap: .4rem; align-items: start } td form.inline { display: inline-flex } td input[type=text].short { width: 6rem }
  code { font-size: .875em; overflow-wrap: anywhere } .columns { columns: 3 14rem }
`;

/** A whole page. `narrow` is for one form in the middle. */
export function page(title: string, about: string, body: Html, narrow = false): string {
  return html`<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><link rel="icon" href="data:,">
<style>${new Html(style)}</style></head>
<body class="${narrow ? 'narrow' : ''}"><header><h1>${title}</h1><p>${about}</p></header>
${body}
</body></html>
`.text;
}

/** The headers of every page: nothing is loaded from anywhere, nobody may frame it, nothing of it is kept. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
} as const;
