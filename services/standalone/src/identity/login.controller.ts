import type { IncomingMessage, ServerResponse } from 'node:http';

import { isUnavailable, type Logger } from '@countersign/platform';
import { errors, type InteractionResults, type Provider } from 'oidc-provider';

import type { AttemptLimit } from './attempt-limit.js';
import { readBody, sendHtml } from './http-exchange.js';
import { loginPage, messagePage } from './identity.pages.js';
import type { SamplePeople } from './sample-people.js';

export const PASSWORD_ACR = 'urn:countersign:acr:password';

export type LoginDeps = {
  readonly provider: Provider;
  readonly people: SamplePeople;
  readonly attempts: AttemptLimit;
  /** A wrong password for somebody who exists; `attempts` limits how often. */
  readonly onRefused: (subject: string) => void;
  readonly logger: Logger;
};

/** `/interaction/<uid>`: the sign-in page. oidc-provider's signed cookie, bound to the uid, keeps forged forms out. */
export class LoginController {
  constructor(private readonly deps: LoginDeps) {}

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { provider, logger } = this.deps;
    try {
      const { prompt } = await provider.interactionDetails(request, response);
      // Our own clients need no consent; `prompt=consent` may still ask for it.
      if (prompt.name !== 'login') return await this.finish(request, response, { consent: {} });
      if (request.method === 'POST') return await this.signIn(request, response, url);
      this.showForm(response, 200, url, { chosen: url.searchParams.get('person') ?? '' });
    } catch (error) {
      if (error instanceof errors.SessionNotFound) {
        const text = 'This sign-in has expired or was begun in another browser. Go back to the console and start again.';
        return sendHtml(response, 400, messagePage('Start again', text));
      }
      logger.error({ err: error }, 'a sign-in failed');
      const status = isUnavailable(error) ? 503 : 500;
      sendHtml(response, status, messagePage('Not now', 'The sign-in could not be checked. Try again in a moment.'));
    }
  }

  private async signIn(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { people, attempts, onRefused, logger } = this.deps;
    const form = new URLSearchParams(await readBody(request));
    const name = (form.get('name') ?? '').trim();
    const password = form.get('password') ?? '';

    const waitMs = attempts.take(name);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      response.setHeader('retry-after', String(seconds));
      const refusal = `Too many wrong passwords for this name. Try again in ${seconds} seconds.`;
      return this.showForm(response, 429, url, { chosen: name, refusal });
    }
    const person = await people.authenticate(name, password);
    if (!person) {
      logger.info({ person: name.slice(0, 100) }, 'a password was refused');
      if (people.find(name)) onRefused(name);
      return this.showForm(response, 401, url, { chosen: name, refusal: 'That name and password do not go together.' });
    }
    attempts.succeeded(name);
    await this.finish(request, response, {
      login: { accountId: person.subject, acr: PASSWORD_ACR, amr: ['pwd'], remember: true },
    });
  }

  private finish(request: IncomingMessage, response: ServerResponse, result: InteractionResults): Promise<void> {
    return this.deps.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  }

  private showForm(
    response: ServerResponse,
    status: number,
    url: URL,
    { chosen, refusal }: { readonly chosen: string; readonly refusal?: string },
  ): void {
    const { people } = this.deps;
    const html = loginPage({
      action: url.pathname,
      people: people.list,
      passwordFile: people.file,
      chosen: chosen.slice(0, 100),
      ...(refusal === undefined ? {} : { refusal }),
    });
    sendHtml(response, status, html);
  }
}
