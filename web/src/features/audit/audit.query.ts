import { graphql } from '../../graphql/generated';

export const AuditHeadQuery = graphql(`
  query AuditHead($id: ID!) {
    me {
      permissions
    }
    request(id: $id) {
      id
      title
      state
      paused
      gates {
        name
        revision
      }
    }
  }
`);

export const AuditPageQuery = graphql(`
  query AuditPage($id: ID!, $after: String) {
    audit(id: $id, first: 100, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
      }
      edges {
        cursor
        node {
          seq
          at
          type
          actor
          text
          entry
          document
          signature
          erased
          place {
            origin
            index
          }
        }
      }
    }
  }
`);
