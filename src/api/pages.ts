/**
 * The few pages that are not the console: sign-in, the first user, and "being built". Plain HTML without
 * script; every value goes through `escapeHtml`.
 */

/** @example escapeHtml('<b>') // '&lt;b&gt;' */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function page(options: { title: string; body: string; refresh?: number; wide?: boolean }): string {
  const refresh =
    options.refresh === undefined ? '' : `<meta http-equiv="refresh" content="${options.refresh}">`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">${refresh}
<title>${escapeHtml(options.title)} · Suture</title>
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/sign-in.css">
</head>
<body>
<main>
<p class="brand"><img src="/favicon.svg" alt="" width="28" height="28">Suture</p>
<h1>${escapeHtml(options.title)}</h1>
${options.body}
</main>
</body>
</html>
`;
}

const problem = (text: string | undefined): string =>
  text === undefined ? '' : `<p class="problem" role="alert" data-testid="problem">${escapeHtml(text)}</p>`;

/** `next`: where to go on; a path of this server. */
export function signInPage(options: { next: string; name?: string; problem?: string }): string {
  return page({
    title: 'Sign in',
    body: `${problem(options.problem)}
<form method="post" action="/sign-in">
<input type="hidden" name="next" value="${escapeHtml(options.next)}">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${escapeHtml(options.name ?? '')}"${options.name ? '' : ' autofocus'}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${options.name ? ' autofocus' : ''}>
<button type="submit" data-testid="sign-in">Sign in</button>
</form>`,
  });
}

export function firstUserPage(options: { token: string; name?: string; problem?: string }): string {
  return page({
    title: 'Create the first user',
    body: `<p>This user is an administrator: it can read, act, and make other users. The link works once.</p>
${problem(options.problem)}
<form method="post" action="/first-user">
<input type="hidden" name="token" value="${escapeHtml(options.token)}">
<label for="name">Name</label>
<input id="name" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="64" value="${escapeHtml(options.name ?? '')}" autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required minlength="12" maxlength="256" aria-describedby="rule">
<p class="hint" id="rule">At least 12 characters; a sentence is fine.</p>
<button type="submit" data-testid="create-user">Create and sign in</button>
</form>`,
  });
}

/** A page that only says something. */
export function noticePage(options: {
  title: string;
  text: string;
  refresh?: number;
  link?: { href: string; text: string };
}): string {
  const link = options.link
    ? `<p><a href="${escapeHtml(options.link.href)}">${escapeHtml(options.link.text)}</a></p>`
    : '';
  return page({
    title: options.title,
    body: `<p>${escapeHtml(options.text)}</p>${link}`,
    ...(options.refresh === undefined ? {} : { refresh: options.refresh }),
  });
}

export const FAVICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b7285"/><path d="M7 16h18" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/><path d="M11 10l-2 12M17 10l-2 12M23 10l-2 12" stroke="#99e9f2" stroke-width="2.4" stroke-linecap="round"/></svg>`;

export const PAGE_STYLE = `:root{color-scheme:light dark;--line:#ced4da;--soft:#5c636a;--back:#f1f3f5;--card:#fff;--ink:#16191d;--accent:#0b7285;--bad:#c92a2a;--badback:#fff0f0}
@media (prefers-color-scheme:dark){:root{--line:#484f56;--soft:#a6adb4;--back:#141517;--card:#1f2123;--ink:#e9ecef;--accent:#1098ad;--bad:#ffa8a8;--badback:#3b1f1f}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1rem;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{width:100%;max-width:24rem;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.75rem}
.brand{display:flex;align-items:center;gap:.6rem;margin:0 0 1rem;font-weight:600}
h1{font-size:1.35rem;margin:0 0 1rem}
label{display:block;font-weight:500;margin:.9rem 0 .25rem}
input{width:100%;padding:.55rem .7rem;font:inherit;color:inherit;background:transparent;border:1px solid var(--line);border-radius:6px}
button{width:100%;margin-top:1.4rem;padding:.6rem;font:inherit;font-weight:600;color:#fff;background:#0b7285;border:0;border-radius:6px;cursor:pointer}
button:hover{background:#095c6b}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.hint{margin:.3rem 0 0;font-size:.875rem;color:var(--soft)}
p{overflow-wrap:anywhere}
.facts{margin:.2rem 0 .8rem;padding:0;list-style:none;font-size:.9375rem;overflow-wrap:anywhere}
.facts b{font-weight:500;color:var(--soft)}
.go{display:block;text-align:center;margin-top:1.4rem;padding:.6rem;font-weight:600;color:#fff;background:#0b7285;border-radius:6px;text-decoration:none}
section{border-top:1px solid var(--line);margin-top:1.4rem;padding-top:.4rem}
h2{font-size:1.05rem;margin:.6rem 0 .3rem}
.problem{margin:0 0 .5rem;padding:.6rem .8rem;border-radius:6px;color:var(--bad);background:var(--badback)}
a{color:var(--accent)}
`;
