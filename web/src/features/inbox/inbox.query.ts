import { graphql } from '../../graphql/generated';

export const InboxQuery = graphql(`
  query Inbox($box: Box!, $after: String) {
    me {
      permissions
    }
    inbox {
      needsMe
      waiting
      running
      done
    }
    requests(box: $box, first: 50, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          id
          title
          state
          paused
          project
          requester
          needsMe
          waitingFor
          createdAt
          updatedAt
        }
      }
    }
    projects(first: 1) {
      totalCount
    }
  }
`);
