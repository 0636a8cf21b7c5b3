import { GATE_WORDS } from '../gate/gate-words';
import { Notice } from '../page/tone';
import { CodeBlock, Quoted } from '../text/quoted';
import { When } from '../time/when';
import { isEnded, stateWord } from './request-state';
import { openGateOf, type RequestDetail } from './request-view';

function Ended({ request }: { readonly request: RequestDetail }) {
  const { state, outcome, merge, mergeRequest } = request;
  const isDone = state === 'DONE';
  return (
    <Notice tone={isDone ? 'ink' : state === 'CANCELLED' ? 'muted' : 'refused'} title={isDone ? 'Done: the change is merged' : stateWord(state)} data-testid="asked" data-asked="ended">
      {outcome ? <p className="wrap-text"><Quoted>{outcome.message}</Quoted> {outcome.code ? <code className="text-13 text-muted">{outcome.code}</code> : null}</p> : null}
      {merge ? <p>Merge commit <code className="[overflow-wrap:anywhere]">{merge.commit}</code>{mergeRequest ? <> into <code><Quoted>{mergeRequest.target}</Quoted></code></> : null}</p> : null}
      {merge && merge.bringHome.length > 0 ? (
        <>
          <p>To bring it into the source repository:</p>
          <CodeBlock label="Commands that bring the result home">{merge.bringHome.join('\n')}</CodeBlock>
        </>
      ) : null}
    </Notice>
  );
}

function Waiting({ request }: { readonly request: RequestDetail }) {
  const open = openGateOf(request.gates);
  const { waitingFor, state, paused } = request;
  if (open) {
    const title = open.mayDecide ? `Your decision is needed on the ${GATE_WORDS[open.name]}` : (waitingFor ?? `Waiting for a decision on the ${GATE_WORDS[open.name]}`);
    return (
      <Notice tone="waiting" title={<Quoted>{title}</Quoted>} data-testid="asked" data-asked={open.mayDecide ? 'me' : 'others'}>
        {open.account ? <p><Quoted>{open.account}</Quoted></p> : null}
        <p>
          {open.approvals} of {open.required} {open.required === 1 ? 'approval' : 'approvals'}
          {open.deadline ? <> · expires <When at={open.deadline} /> → refused</> : null}
          {!open.mayDecide && open.whyNot ? <> · <Quoted>{open.whyNot}</Quoted></> : null}
        </p>
      </Notice>
    );
  }
  return (
    <Notice tone={paused ? 'waiting' : 'info'} title={paused ? 'Paused' : `${stateWord(state)}: nothing is asked of you`} data-testid="asked" data-asked="nobody">
      {waitingFor ? <p><Quoted>{waitingFor}</Quoted></p> : null}
    </Notice>
  );
}

/** First on the page: what is asked of the reader, or why it waits. */
export function AskedNow({ request }: { readonly request: RequestDetail }) {
  return (
    <div className="grid gap-3">
      {request.superseded ? (
        <Notice tone="refused" title="The run that owned this request was superseded">
          <p>It makes no further step until an admin repairs it: <code>npx --no-install countersign repair {request.id}</code></p>
        </Notice>
      ) : null}
      {request.budget.exceeded ? (
        <Notice tone="waiting" title="A budget is used up"><p>A maintainer other than the requester can raise it; it then goes on where it stood.</p></Notice>
      ) : null}
      {isEnded(request.state) ? <Ended request={request} /> : <Waiting request={request} />}
    </div>
  );
}
