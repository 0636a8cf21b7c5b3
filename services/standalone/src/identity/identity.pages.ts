import type { SamplePerson } from './sample-people.js';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (char) => ENTITIES[char] ?? '');

export const STYLESHEET_PATH = '/identity.css';

export const STYLESHEET = `
:root { color-scheme: light dark; --paper: #fbfaf7; --surface: #ffffff; --line: #dedbd2; --ink: #1c1b18;
  --muted: #5f5b52; --refused: #a8281f; --info: #1f5aa6; }
@media (prefers-color-scheme: dark) { :root { --paper: #141412; --surface: #1c1c19; --line: #3a3934; --ink: #eceae3;
  --muted: #a8a498; --refused: #f08a80; --info: #8ab8f2; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 400px; margin: 64px auto; padding: 0 16px; }
h1 { font-size: 28px; line-height: 1.35; margin: 0 0 4px; }
h2 { font-size: 14px; margin: 32px 0 8px; }
p { margin: 0 0 16px; }
.muted, .hint { color: var(--muted); font-size: 14px; }
.refused { color: var(--refused); border: 1px solid; border-radius: 6px; padding: 8px 12px; background: var(--surface); }
label { display: block; font-size: 14px; margin: 16px 0 4px; }
input { width: 100%; padding: 8px 12px; font: inherit; color: var(--ink); background: var(--surface);
  border: 1px solid var(--muted); border-radius: 6px; }
button { margin: 24px 8px 0 0; padding: 8px 16px; font: inherit; color: var(--paper); background: var(--ink);
  border: 1px solid var(--ink); border-radius: 6px; cursor: pointer; }
button.quiet { color: var(--ink); background: transparent; }
a { color: var(--info); }
ul { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
li a { display: block; padding: 8px 0; border-bottom: 1px solid var(--line); }
:focus-visible { outline: 2px solid var(--info); outline-offset: 2px; }
code { font-family: ui-monospace, monospace; font-size: 14px; overflow-wrap: anywhere; }
`;

export function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Countersign</title>
<link rel="stylesheet" href="${STYLESHEET_PATH}">
</head>
<body><main>
${main}
</main></body>
</html>
`;
}

export type LoginPage = {
  /** Where the form posts to and the names link to. */
  readonly action: string;
  readonly people: readonly SamplePerson[];
  readonly passwordFile: string;
  readonly chosen?: string;
  /** Says what happened and what to do. */
  readonly refusal?: string;
};

export function loginPage({ action, people, passwordFile, chosen = '', refusal }: LoginPage): string {
  const refused = refusal ? `<p class="refused" role="alert" id="refusal">${escapeHtml(refusal)}</p>` : '';
  const described = refusal ? ' aria-describedby="refusal" aria-invalid="true"' : '';
  const focus = (wanted: boolean) => (wanted ? ' autofocus' : '');
  const names = people
    .map(({ subject, name }) => {
      const current = subject === chosen ? ' aria-current="true"' : '';
      return `<li><a href="?person=${encodeURIComponent(subject)}"${current}><strong>${escapeHtml(subject)}</strong> <span class="muted">${escapeHtml(name)}</span></a></li>`;
    })
    .join('\n');
  return page(
    'Sign in',
    `<h1>Sign in</h1>
<p class="muted">Countersign on this machine</p>
${refused}
<form method="post" action="${escapeHtml(action)}">
<label for="name">Name</label>
<input id="name" name="name" value="${escapeHtml(chosen)}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="100"${focus(!chosen)}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200"${described}${focus(Boolean(chosen))}>
<button type="submit">Sign in</button>
</form>
<h2>Sample people</h2>
<ul>
${names}
</ul>
<p class="hint">Their passwords were printed at the first start and are kept in <code>${escapeHtml(passwordFile)}</code></p>`,
  );
}

/** `form` is oidc-provider's own, with its request token; the buttons submit it. */
export function logoutPage(form: string): string {
  return page(
    'Sign out',
    `<h1>Sign out</h1>
<p>This ends your session on this machine for every Countersign page.</p>
${form}
<button type="submit" form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>
<button type="submit" form="op.logoutForm" class="quiet">Stay signed in</button>`,
  );
}

export function messagePage(title: string, text: string): string {
  return page(title, `<h1>${escapeHtml(title)}</h1>\n<p>${escapeHtml(text)}</p>`);
}
