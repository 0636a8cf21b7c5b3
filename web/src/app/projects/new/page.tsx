import type { Metadata } from 'next';

import { PageTitle } from '../../../features/page/section';
import { AddProjectForm } from '../../../features/project/add-project-form';
import { requireSession } from '../../../features/session/current-session';

export const metadata: Metadata = { title: 'Add a project' };

export default async function AddProjectPage() {
  await requireSession();
  return <><PageTitle>Add a project</PageTitle><AddProjectForm /></>;
}
