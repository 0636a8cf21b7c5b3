import type { Verdict } from '../../graphql/generated/graphql';
import type { GateView, RequestDetail, Viewer } from '../request/request-view';
import { Quoted } from '../text/quoted';
import { actWords, whoElse } from './decision-words';
import { Digest } from './digest';

/** Whose decision on what: all that a reader needs to know before they sign. */
export type Signing = {
  readonly request: Pick<RequestDetail, 'id' | 'title' | 'projectId'>;
  readonly viewer: Viewer;
  readonly gate: GateView & { readonly digest: string };
};

const EVERY_PROJECT = '*';

/** The roles that the decision names: those held in this project. */
function rolesHeld({ viewer, request }: Signing): string {
  const here = viewer.grants.filter(({ project }) => project === EVERY_PROJECT || project === request.projectId);
  return [...new Set(here.map(({ role }) => role))].join(', ') || 'no role here';
}

/** What will be signed, in words, with its digest and who else has to agree. */
export function SignedWords({ signing, verdict, id }: { readonly signing: Signing; readonly verdict: Verdict; readonly id?: string }) {
  const { request, viewer, gate } = signing;
  const [verb, object] = actWords(verdict, gate.name, gate.revision, request.id);
  return (
    <div id={id} className="grid gap-0.5 text-14" data-testid="signed-words" data-verdict={verdict}>
      <p className="[overflow-wrap:anywhere]">
        You sign: <strong>{verb}</strong> {object} (<Quoted>{request.title}</Quoted>), as <Quoted>{viewer.name}</Quoted> ({rolesHeld(signing)}).
      </p>
      <p className="flex flex-wrap gap-x-4 text-13 text-muted">
        <span>Digest <Digest digest={gate.digest} testId="signed-digest" /></span>
        <span data-testid="who-else"><Quoted>{whoElse(verdict, gate)}</Quoted></span>
      </p>
    </div>
  );
}
