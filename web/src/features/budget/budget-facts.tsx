import { Fact, Facts } from '../page/section';
import { Mark } from '../page/tone';
import type { RequestDetail } from '../request/request-view';
import { LIMIT_KINDS, LIMIT_WORDS, cachedText, limitText, usageText } from './budget-words';

export function BudgetFacts({ budget, notEnforced }: { readonly budget: RequestDetail['budget']; readonly notEnforced: readonly string[] }) {
  return (
    <Facts>
      {LIMIT_KINDS.map((kind) => (
        <Fact key={kind} name={LIMIT_WORDS[kind].name}>
          <span className="tabular-nums">{usageText(kind, budget.usage[kind])} used{kind === 'tokens' ? cachedText(budget.usage) : ''} · {limitText(kind, budget.limits[kind])}{budget.limits[kind] === null ? '' : ' allowed'}</span>{' '}
          {budget.exceeded === kind ? <Mark icon="warning" tone="waiting">used up</Mark> : null}
        </Fact>
      ))}
      {notEnforced.length === 0 ? null : (
        <Fact name="Not enforced by the sandbox">{notEnforced.map((sentence) => <div key={sentence}><Mark icon="warning" tone="waiting">{sentence}</Mark></div>)}</Fact>
      )}
    </Facts>
  );
}
