import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { aGit } from '@countersign/git/testing';

import { describeCodeHost } from '../ports/code-host.contract.js';
import { FakeCodeHost } from '../testing/code-host.fake.js';
import { aProject } from '../testing/vcs-fixture.js';
import { LocalCodeHostAdapter } from './local-code-host.adapter.js';

const NOW = (): string => '2026-01-01T00:00:00Z';

describeCodeHost('fake', async () => {
  const host = new FakeCodeHost();
  return { host, again: () => host, repository: { bare: '/bare' }, heads: ['1'.repeat(40), '2'.repeat(40)], close: async () => undefined };
});

describeCodeHost('local', async () => {
  const at = await aGit();
  const { bare, source } = await aProject(at.git, at.dir);
  const first = await source.run('rev-parse', 'HEAD');
  const second = await bare.commit({ tree: `${first}^{tree}`, parents: [first], message: 'x', name: 'x', email: 'x@x', at: NOW() });
  const make = (): LocalCodeHostAdapter => new LocalCodeHostAdapter(at.git, NOW);
  return { host: make(), again: make, repository: { bare: bare.dir }, heads: [first, second], close: at.remove };
});

describe('LocalCodeHostAdapter', () => {
  let at: Awaited<ReturnType<typeof aGit>>;
  beforeAll(async () => {
    at = await aGit();
  });
  afterAll(() => at.remove());

  it('keeps everything in refs that plain git shows', async () => {
    const { bare, source } = await aProject(at.git, at.dir);
    const head = await source.run('rev-parse', 'HEAD');
    const host = new LocalCodeHostAdapter(at.git, NOW);
    const { url } = await host.openMergeRequest({ bare: bare.dir }, { requestId: 'r1', title: 'T', body: 'B', source: 's', target: 'main', head });
    expect(url).toBe(`file://${bare.dir}#refs/merge-requests/1/meta`);
    const refs = (await bare.refs('refs/')).map(({ ref }) => ref);
    expect(refs).toEqual(expect.arrayContaining(['refs/countersign/requests/r1/mr', 'refs/merge-requests/1/head', 'refs/merge-requests/1/meta']));
    expect(JSON.parse(await bare.text(['show', 'refs/merge-requests/1/meta:merge-request.json']))).toMatchObject({ v: 1, number: 1, title: 'T', state: 'open' });
  });

  it('completes what a crash between the refs of one transaction left', async () => {
    const { bare, source } = await aProject(at.git, at.dir);
    const head = await source.run('rev-parse', 'HEAD');
    const host = new LocalCodeHostAdapter(at.git, NOW);
    const draft = { title: 'T', body: 'B', source: 's', target: 'main', head };
    await host.openMergeRequest({ bare: bare.dir }, { ...draft, requestId: 'r1' });
    await bare.updateRefs([{ ref: 'refs/merge-requests/1/meta', to: null }]);
    expect(await host.findMergeRequest({ bare: bare.dir }, 'r1')).toBeUndefined();
    const again = await host.openMergeRequest({ bare: bare.dir }, { ...draft, requestId: 'r1' });
    expect(await host.findMergeRequest({ bare: bare.dir }, 'r1')).toEqual(again);
    expect((await bare.refs('refs/merge-requests/')).filter(({ ref }) => ref.endsWith('/meta'))).toHaveLength(1);
  });
});
