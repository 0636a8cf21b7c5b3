import { graphql } from '../../graphql/generated';

export const RequestChangedSubscription = graphql(`
  subscription RequestChanged($id: ID!, $after: String) {
    requestChanged(id: $id, after: $after) {
      cursor
    }
  }
`);

export const LogAppendedSubscription = graphql(`
  subscription LogAppended($id: ID!, $after: SafeInt) {
    logAppended(id: $id, after: $after) {
      offset
      text
      next
      ended
    }
  }
`);

export const InboxChangedSubscription = graphql(`
  subscription InboxChanged($after: String) {
    inboxChanged(after: $after) {
      cursor
      needsMe
      waiting
      running
      done
    }
  }
`);

export const InboxCountsQuery = graphql(`
  query InboxCounts {
    inbox {
      needsMe
      waiting
      running
      done
    }
  }
`);
