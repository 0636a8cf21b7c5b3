import type { Metadata } from 'next';
import Link from 'next/link';

import { ask } from '../../features/gateway/gateway';
import { FailureNotice } from '../../features/page/failure-notice';
import { PageTitle } from '../../features/page/section';
import { ImportMark } from '../../features/project/import-state';
import { ProjectsQuery } from '../../features/project/project.query';
import { Quoted } from '../../features/text/quoted';

export const metadata: Metadata = { title: 'Projects' };

type Props = { readonly searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function ProjectsPage({ searchParams }: Props) {
  const { after } = await searchParams;
  const answer = await ask(ProjectsQuery, { after: typeof after === 'string' ? after : null });
  if (!answer.ok) return <><PageTitle>Projects</PageTitle><FailureNotice failure={answer.failure} /></>;
  const { me, projects } = answer.data;
  const mayAdd = me.permissions.includes('project:manage');
  return (
    <>
      <PageTitle aside={mayAdd ? <Link className="link text-14" href="/projects/new">Add a project</Link> : <span className="text-13 text-muted">Maintainers add projects</span>}>Projects</PageTitle>
      {projects.edges.length === 0 ? <p className="text-muted">There is no project yet.</p> : null}
      <ul className="border-t border-line">
        {projects.edges.map(({ node }) => (
          <li key={node.id} className="border-b border-line" data-testid="project-item" data-project={node.name}>
            <Link href={`/projects/${encodeURIComponent(node.name)}`} className="group grid gap-x-4 px-2 py-3 hover:bg-surface sm:grid-cols-[1fr_auto]">
              <span className="font-medium group-hover:underline"><Quoted>{node.name}</Quoted></span>
              <ImportMark state={node.import.state} progress={node.import.progress} />
              <span className="text-13 text-muted"><code><Quoted>{node.repo}</Quoted></code> · <code><Quoted>{node.branch}</Quoted></code></span>
            </Link>
          </li>
        ))}
      </ul>
      {projects.pageInfo.hasNextPage && projects.pageInfo.endCursor ? <p><Link className="link" href={`/projects?after=${encodeURIComponent(projects.pageInfo.endCursor)}`}>More</Link></p> : null}
    </>
  );
}
