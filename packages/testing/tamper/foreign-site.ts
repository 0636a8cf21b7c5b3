import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Page } from 'playwright-core';

export type ForeignSite = {
  readonly url: string;
  /** `blocked` where the browser gives the page nothing, else the status; with the person's cookies. */
  fetchFrom(page: Page, target: string, token: string | undefined, body: string): Promise<string>;
  close(): Promise<void>;
};

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

/** A site of somebody else at another port of loopback: to a browser the same site, so cookies go from its pages to ours. */
export async function foreignSite(): Promise<ForeignSite> {
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://here').searchParams;
    const [to = '', name = '', value = '', frame = ''] = ['to', 'name', 'value', 'frame'].map((each) => asked.get(each) ?? '');
    const form = `<form method="post" enctype="text/plain" action="${escaped(to)}"><input name="${escaped(name)}" value="${escaped(value)}"></form>`;
    const framed = frame && `<iframe onload="this.dataset.loaded = 'yes'" src="${escaped(frame)}"></iframe>`;
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>Win a prize</title><p>Click here</p>${to && form}${framed}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    url,
    async fetchFrom(page, target, token, body) {
      await page.goto(url);
      const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
      const call = JSON.stringify({ method: 'POST', credentials: token === undefined ? 'include' : 'omit', headers, body });
      return page.evaluate<string>(`fetch(${JSON.stringify(target)}, ${call}).then((answer) => String(answer.status), () => 'blocked')`);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A form of plain text sends `name=value`: with the `=` in a member of its own, that is JSON. */
export function formBody(json: string): { readonly name: string; readonly value: string } {
  return { name: `${json.slice(0, -1)},"extensions":{"a":"`, value: '"}}' };
}

/** What a form of the foreign site is answered, and whether the browser sent the person's cookie with it. */
export async function sentByForm(page: Page, site: ForeignSite, target: string, { name, value }: { readonly name: string; readonly value: string }) {
  await page.goto(`${site.url}?${new URLSearchParams({ to: target, name, value }).toString()}`);
  const [response] = await Promise.all([page.waitForResponse(target), page.evaluate('document.forms[0].submit()')]);
  const { cookie } = await response.request().allHeaders();
  return { status: response.status(), text: await response.text(), hadCookie: cookie?.includes('countersign') ?? false };
}

/** Whether a page of the foreign site shows the address in a frame. */
export async function isFramed(page: Page, site: ForeignSite, address: string): Promise<boolean> {
  await page.goto(`${site.url}?${new URLSearchParams({ frame: address }).toString()}`);
  await page.locator('iframe[data-loaded=yes]').waitFor();
  const inside = page.frames().filter((frame) => frame.parentFrame() !== null);
  const texts = await Promise.all(inside.map((frame) => frame.evaluate<string>('document.body?.innerText ?? ""').catch(() => '')));
  return inside.some((frame, at) => frame.url().startsWith(new URL(address).origin) && texts[at] !== '');
}
