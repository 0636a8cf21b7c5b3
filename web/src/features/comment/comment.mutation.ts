import { graphql } from '../../graphql/generated';

export const CommentMutation = graphql(`
  mutation Comment($input: CommentInput!) {
    comment(input: $input) {
      outcome
      code
      message
    }
  }
`);
