import { graphql } from '../../graphql/generated';

export const DecideMutation = graphql(`
  mutation Decide($input: DecideInput!) {
    decide(input: $input) {
      outcome
      code
      message
      decisionId
      state
    }
  }
`);
