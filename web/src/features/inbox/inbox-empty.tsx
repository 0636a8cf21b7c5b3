import Link from 'next/link';

import type { Box } from '../../graphql/generated/graphql';

const TEXTS: Readonly<Record<Box, string>> = {
  needsMe: 'Nothing waits for your decision.',
  waiting: 'No request waits for somebody else.',
  running: 'No request is being worked on.',
  done: 'No request has ended yet.',
};

export function InboxEmpty({ box }: { readonly box: Box }) {
  return (
    <div className="grid gap-2 py-8 text-muted" data-testid="inbox-empty">
      <p>{TEXTS[box]}</p>
      <p className="text-14"><Link className="link" href="/requests/new">Ask for a change</Link></p>
    </div>
  );
}

/** Nothing here yet at all: the two ways to begin. */
export function FirstRun({ mayAddProject }: { readonly mayAddProject: boolean }) {
  return (
    <div className="grid gap-6 py-6" data-testid="first-run">
      <p>Countersign changes a git repository after the right people approved exactly that change. It knows no repository yet.</p>
      <div className="grid gap-2">
        <h2 className="text-20 font-semibold">Add your own repository</h2>
        {mayAddProject ? (
          <p><Link className="link" href="/projects/new">Add a project</Link>, or from the clone:</p>
        ) : (
          <p>A maintainer adds projects: sign in as <code>maintainer</code>, or from the clone:</p>
        )}
        <pre className="code-block" tabIndex={0}>npx --no-install countersign login --as maintainer{'\n'}npx --no-install countersign project add my-project --repo /path/to/repository</pre>
        <p className="text-14 text-muted">The repository is copied; the source itself is never written.</p>
      </div>
      <div className="grid gap-2">
        <h2 className="text-20 font-semibold">See the sample first</h2>
        <p>In a second terminal, this takes one request through every stage on the bundled sample:</p>
        <pre className="code-block" tabIndex={0}>npm run demo</pre>
      </div>
    </div>
  );
}
