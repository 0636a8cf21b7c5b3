import type { Metadata } from 'next';

import { FailureNotice } from '../../../features/page/failure-notice';
import { PageTitle } from '../../../features/page/section';
import { loadRequest } from '../../../features/request/load-request';
import { RequestScreen } from '../../../features/request/request-screen';

export const metadata: Metadata = { title: 'Request' };

export default async function RequestPage({ params }: { readonly params: Promise<{ id: string }> }) {
  const id = decodeURIComponent((await params).id);
  const answer = await loadRequest(id);
  if (!answer.ok) return <><PageTitle>Request</PageTitle><FailureNotice failure={answer.failure} /></>;
  return <RequestScreen key={id} {...answer.data} />;
}
