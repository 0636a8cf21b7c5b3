import { graphql } from '../../graphql/generated';

export const BudgetSubjectQuery = graphql(`
  query BudgetSubject($id: ID!, $limits: BudgetLimitsPatch!) {
    budgetSubject(id: $id, limits: $limits) {
      digest
      text
      limits {
        attempts
        costMicros
        tokens
        wallClockMs
      }
    }
  }
`);

export const RaiseBudgetMutation = graphql(`
  mutation RaiseBudget($input: RaiseBudgetInput!) {
    raiseBudget(input: $input) {
      outcome
      code
      message
    }
  }
`);
