import type { Metadata } from 'next';

import { PageTitle } from '../../features/page/section';

export const metadata: Metadata = { title: 'Signed out' };

const WHY: Readonly<Record<string, string>> = {
  issuer: 'The sign-in service does not answer. Nothing was lost; try again in a moment.',
  'sign-in': 'The sign-in was not completed: it took too long, was begun in another browser, or was refused.',
};

type Props = { readonly searchParams: Promise<Record<string, string | string[] | undefined>> };

export default async function SignedOutPage({ searchParams }: Props) {
  const { why } = await searchParams;
  return (
    <>
      <PageTitle>Not signed in</PageTitle>
      <p>{WHY[String(why)] ?? 'You are signed out.'}</p>
      <p><a className="link" href="/auth/login">Sign in</a></p>
    </>
  );
}
