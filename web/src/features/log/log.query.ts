import { graphql } from '../../graphql/generated';

export const LogQuery = graphql(`
  query RequestLog($id: ID!, $after: SafeInt) {
    log(id: $id, after: $after, limit: 100000) {
      text
      next
      ended
    }
  }
`);
