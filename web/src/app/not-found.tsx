import Link from 'next/link';

import { PageTitle } from '../features/page/section';

export default function NotFound() {
  return (
    <>
      <PageTitle>There is no such page</PageTitle>
      <p><Link className="link" href="/">Back to the inbox</Link></p>
    </>
  );
}
