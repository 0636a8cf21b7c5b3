import type { Configuration, KoaContextWithOIDC, Provider } from 'oidc-provider';

import { deviceCodePage, deviceConfirmPage } from './device.pages.js';
import { messagePage } from './identity.pages.js';
import { PollPace } from './poll-pace.js';

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
export const DEVICE_CODE_SECONDS = 600;
export const POLL_SECONDS = 5;

type DeviceFlow = NonNullable<NonNullable<Configuration['features']>['deviceFlow']>;

const REFUSALS: Readonly<Record<string, string>> = {
  NoCodeError: 'Type the code first.',
  NotFoundError: 'There is no such code. Compare it with your terminal.',
  ExpiredError: 'This code has expired: run `countersign login` again.',
  AlreadyUsedError: 'This code was used already: run `countersign login` again.',
};

function codeInput(ctx: KoaContextWithOIDC, error?: Error): string {
  if (error?.name === 'AbortedError') return messagePage('Refused', 'The command was not signed in. You can close this page.');
  const entered = (error as { userCode?: unknown } | undefined)?.userCode;
  const refusal = error && (REFUSALS[error.name] ?? 'That did not work: type the code again, or run `countersign login` again.');
  return deviceCodePage({
    action: ctx.oidc.urlFor('code_verification'),
    xsrf: (ctx.oidc.session?.state as { secret?: string } | undefined)?.secret ?? '',
    ...(typeof entered === 'string' && { entered: entered.slice(0, 40) }),
    ...(refusal !== undefined && { refusal }),
  });
}

/** The device flow (RFC 8628) with pages of ours: a command in a terminal is signed in by a browser. */
export function deviceFlow(): DeviceFlow {
  return {
    enabled: true,
    // Twenty letters without vowels: 34 bits, and no words.
    charset: 'base-20',
    mask: '****-****',
    deviceInfo: (ctx) => ({ address: ctx.ip, agent: (ctx.get('user-agent') || 'nothing').slice(0, 100) }),
    userCodeInputSource: (ctx, _form, _out, error) => {
      ctx.type = 'html';
      ctx.body = codeInput(ctx, error ?? undefined);
    },
    userCodeConfirmSource: (ctx, form, client, deviceInfo, userCode) => {
      const { address, agent } = deviceInfo as { address?: string; agent?: string };
      ctx.type = 'html';
      ctx.body = deviceConfirmPage({ form, userCode, client: client.clientName ?? client.clientId, address: address ?? '', agent: agent ?? '' });
    },
    successSource: (ctx) => {
      ctx.type = 'html';
      ctx.body = messagePage('Signed in', 'The command is signed in. Go back to your terminal; you can close this page.');
    },
  };
}

/** What oidc-provider leaves out of RFC 8628: the interval, and `slow_down` to who keeps none. */
export function keepPace(provider: Provider, pace = new PollPace(POLL_SECONDS)): void {
  provider.use(async (ctx, next) => {
    await next();
    const body = ctx.body as { device_code?: string; error?: string; interval?: number } | undefined;
    const { oidc } = ctx as Partial<KoaContextWithOIDC>;
    if (typeof body !== 'object' || body === null || !oidc) return;
    if (ctx.status === 200 && typeof body.device_code === 'string') ctx.body = { ...body, interval: POLL_SECONDS };
    const code = oidc.params?.['device_code'];
    if (body.error !== 'authorization_pending' || typeof code !== 'string' || !pace.isTooFast(code)) return;
    ctx.body = { error: 'slow_down', error_description: `wait ${POLL_SECONDS} seconds longer between two questions` };
  });
}
