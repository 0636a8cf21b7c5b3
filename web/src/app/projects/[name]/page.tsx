import type { Metadata } from 'next';

import { ask } from '../../../features/gateway/gateway';
import { FailureNotice } from '../../../features/page/failure-notice';
import { PageRefresher } from '../../../features/page/page-refresher';
import { Fact, Facts, PageTitle, Section } from '../../../features/page/section';
import { Notice } from '../../../features/page/tone';
import { ImportMark } from '../../../features/project/import-state';
import { ProjectSettings } from '../../../features/project/project-settings';
import { ProjectQuery } from '../../../features/project/project.query';
import { CodeBlock, Quoted } from '../../../features/text/quoted';

export const metadata: Metadata = { title: 'Project' };

const REFRESH_MS = 2000;

export default async function ProjectPage({ params }: { readonly params: Promise<{ name: string }> }) {
  const answer = await ask(ProjectQuery, { name: decodeURIComponent((await params).name) });
  if (!answer.ok) return <><PageTitle>Project</PageTitle><FailureNotice failure={answer.failure} /></>;
  const { project } = answer.data;
  const { state, progress, code, message } = project.import;
  return (
    <>
      <PageTitle aside={<ImportMark state={state} progress={progress} />}><Quoted>{project.name}</Quoted></PageTitle>
      {state === 'failed' ? (
        <Notice tone="refused" title="The repository could not be imported" data-testid="import-failure" data-code={code ?? ''}>
          <p><Quoted>{message ?? ''}</Quoted> {code ? <code className="text-13 text-muted">{code}</code> : null}</p>
        </Notice>
      ) : null}
      <Facts>
        <Fact name="Repository"><code><Quoted>{project.repo}</Quoted></code></Fact>
        <Fact name="Branch"><code><Quoted>{project.branch}</Quoted></code></Fact>
        <Fact name="Bare copy (place of record)"><code><Quoted>{project.bare}</Quoted></code></Fact>
        <Fact name="Settings version">{project.settingsVersion}</Fact>
        <Fact name="Policy version"><code><Quoted>{project.policyVersion}</Quoted></code></Fact>
      </Facts>
      {project.bringHome.length > 0 ? (
        <Section id="home" title="Bring merged changes home"><CodeBlock label="Commands that bring merged changes home">{project.bringHome.join('\n')}</CodeBlock></Section>
      ) : null}
      <Section id="settings" title="Settings">
        <ProjectSettings settings={project.settings} policyText={project.policyText} />
        <p className="text-13 text-muted">A maintainer changes them with <code>npx --no-install countersign project set {project.name} …</code></p>
      </Section>
      {state === 'importing' ? <PageRefresher everyMs={REFRESH_MS} /> : null}
    </>
  );
}
