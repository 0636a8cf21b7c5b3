import type { Page } from 'playwright-core';

import type { GatewayGuards } from '../../../../gateway/src/guards.js';
import { consoleOf, launchBrowser, openTab, signInAs, statusOf } from '../../e2e/browser.js';
import { allow } from '../allow.js';
import { edgeReview, gatewayOver, grewBy, refusals, votesIn, votesOn } from '../edge.js';
import { formBody, foreignSite, type ForeignSite, isFramed, sentByForm } from '../foreign-site.js';
import type { Row } from '../row.js';
import { onRecords, passes, voteOf } from '../votes.js';
import type { World } from '../world.js';

const DECIDE = 'mutation ($input: DecideInput!) { decide(input: $input) { outcome code decisionId } }';
const REBOUND = 'rebound.example';

const bodyOf = (id: string, digest: string): string => JSON.stringify({ query: DECIDE, variables: { input: { id, gate: 'plan', digest, verdict: 'approve' } } });

/** As the console's own pages do it, by the cookie of whoever is signed in there. */
function decideOnConsole(page: Page, body: string): Promise<string> {
  return page.evaluate<string>(`fetch('/api/graphql', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(body)} })
    .then((answer) => answer.json()).then(({ data, errors }) => data?.decide.outcome ?? errors[0].extensions.code)`);
}

/** The reviewer's own browser, signed in at the console, beside a page of somebody else on this machine: the cookie goes to both. */
async function besideForeignPage<Result>(world: World, work: (page: Page, site: ForeignSite) => Promise<Result>): Promise<Result> {
  const [browser, site] = await Promise.all([launchBrowser(), foreignSite()]);
  try {
    const { page } = await openTab(browser);
    await signInAs(page, world.app, 'reviewer');
    return await work(page, site);
  } finally {
    await browser.close();
    await site.close();
  }
}

/** Whether a call with a foreign name and of a foreign page stores a decision that passes the gate. */
const comesThrough = (guards: Partial<GatewayGuards>): Promise<boolean> =>
  onRecords({}, async (h) => {
    const id = await h.create();
    const digest = await h.toPlanReview(id);
    const gateway = await gatewayOver(h, guards);
    const token = await gateway.issuer.tokenFor({ subject: 'reviewer' });
    const headers = { host: REBOUND, origin: `http://${REBOUND}`, 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const status = await statusOf(gateway.url, '/graphql', headers, bodyOf(id, digest));
    await gateway.close();
    if ((await votesIn(h, id)) === 0) {
      if (status !== 421) throw new Error(`A foreign name was answered ${status}`);
      return false;
    }
    // The same live vote again: its id was answered to the page.
    const decisionId = await voteOf(h, id, 'reviewer', 'plan', digest);
    return status === 200 && (await h.records.closeGate({ requestId: id, gate: 'plan', revision: 1, decisionIds: [decisionId ?? ''] })).outcome === 'passed';
  });

export const row: Row = {
  number: 38,
  title: 'cross-site form, framed console, DNS rebinding',
  class: 'refused',
  guard: 'sideFault',
  async control(world) {
    const id = await edgeReview(world);
    const { digest } = await world.gate(id, 'plan');
    await besideForeignPage(world, async (page, site) => {
      const outcome = await decideOnConsole(page, bodyOf(id, digest));
      if (!['recorded', 'pending'].includes(outcome)) throw new Error(`The console's own page was answered ${outcome}`);
      if (!(await isFramed(page, site, site.url))) throw new Error('A page that may be framed was not seen in its frame');
    });
    await passes(world, id, 'plan');
  },
  async attack(world) {
    const id = await edgeReview(world);
    const body = bodyOf(id, (await world.gate(id, 'plan')).digest);
    const web = consoleOf(world.app);
    const before = await refusals(world, 'gateway', 'FORBIDDEN');
    return besideForeignPage(world, async (page, site) => {
      const onConsole = await sentByForm(page, site, `${web}/api/graphql`, formBody(body));
      const onGateway = await sentByForm(page, site, `${world.gateway}/graphql`, formBody(body));
      const code = (JSON.parse(onGateway.text) as { errors: { extensions: { code: string } }[] }).errors[0]?.extensions.code ?? '';
      const byScript = await site.fetchFrom(page, `${world.gateway}/graphql`, world.people.reviewer.token, body);
      const byCookie = await site.fetchFrom(page, `${web}/api/graphql`, undefined, body);
      const framed = await isFramed(page, site, `${web}/requests/${id}`);
      const json = { 'content-type': 'application/json', authorization: `Bearer ${world.people.reviewer.token}` };
      const rebound = await Promise.all([
        statusOf(world.gateway, '/graphql', { host: REBOUND, ...json }, body),
        statusOf(web, '/api/graphql', { host: REBOUND, ...json }, body),
        statusOf(web, '/', { host: REBOUND }),
      ]);
      const answers = [onConsole.status, onConsole.hadCookie, onGateway.status, byScript, byCookie, framed, ...rebound].join();
      if (answers !== '403,true,403,blocked,blocked,false,421,421,421') throw new Error(`Foreign pages were answered ${answers}`);
      const counterGrewBy = await grewBy(world, 'gateway', 'FORBIDDEN', before, 3);
      const isUntouched = (await votesOn(world, id)) === 0;
      await page.goto(web);
      const honest = await decideOnConsole(page, body);
      return { class: 'refused', code, left: { counterGrewBy }, worksAfterwards: isUntouched && ['recorded', 'pending'].includes(honest) && (await passes(world, id, 'plan')) };
    });
  },
  guardOff: async () => ({ asBuilt: await comesThrough({}), allowed: await comesThrough({ sideFault: allow<GatewayGuards['sideFault']>(undefined) }) }),
};
