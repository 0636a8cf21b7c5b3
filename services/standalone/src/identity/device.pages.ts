import { escapeHtml, page } from './identity.pages.js';

export type DeviceCodePage = {
  readonly action: string;
  /** oidc-provider's token against forms of other pages. */
  readonly xsrf: string;
  readonly entered?: string;
  readonly refusal?: string;
};

/** Where the code that a command printed is typed in. */
export function deviceCodePage({ action, xsrf, entered = '', refusal }: DeviceCodePage): string {
  const refused = refusal ? `<p class="refused" role="alert" id="refusal">${escapeHtml(refusal)}</p>` : '';
  const described = refusal ? ' aria-describedby="refusal" aria-invalid="true"' : ' aria-describedby="hint"';
  return page(
    'Sign in a command',
    `<h1>Sign in a command</h1>
<p class="muted" id="hint">Type the code that <code>countersign login</code> shows.</p>
${refused}
<form method="post" action="${escapeHtml(action)}">
<input type="hidden" name="xsrf" value="${escapeHtml(xsrf)}">
<label for="user_code">Code</label>
<input id="user_code" name="user_code" value="${escapeHtml(entered)}" autocomplete="off" autocapitalize="characters" spellcheck="false" required maxlength="40"${described} autofocus>
<button type="submit">Continue</button>
</form>`,
  );
}

export type DeviceConfirmPage = {
  /** oidc-provider's own, with its request token; the buttons submit it. */
  readonly form: string;
  readonly userCode: string;
  readonly client: string;
  readonly address: string;
  readonly agent: string;
};

/** Who does not see this code in a terminal of theirs is being tricked into signing in somebody else. */
export function deviceConfirmPage({ form, userCode, client, address, agent }: DeviceConfirmPage): string {
  return page(
    'Is this your command?',
    `<h1>Is this your command?</h1>
<p><strong>${escapeHtml(client)}</strong> asks to act as you. It was started at <code>${escapeHtml(address)}</code> and calls itself <code>${escapeHtml(agent)}</code>.</p>
<h2>Your terminal must show this code</h2>
<p><strong><code>${escapeHtml(userCode)}</code></strong></p>
<p class="hint">If you did not start it, or the code is another one, refuse: whoever sent you here would be signed in as you.</p>
${form}
<button type="submit" form="op.deviceConfirmForm" autofocus>It is mine: go on</button>
<button type="submit" form="op.deviceConfirmForm" class="quiet" name="abort" value="yes">Refuse</button>`,
  );
}
