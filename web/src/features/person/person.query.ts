import { graphql } from '../../graphql/generated';

export const PeopleQuery = graphql(`
  query People($after: String) {
    me {
      id
      permissions
    }
    people(first: 50, after: $after) {
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          id
          name
          subject
          active
          grants {
            role
            project
          }
        }
      }
    }
    projects(first: 100) {
      edges {
        node {
          name
        }
      }
    }
  }
`);

export const SuspendMutation = graphql(`
  mutation SuspendPerson($input: PersonInput!) {
    suspendPerson(input: $input) {
      id
    }
  }
`);

export const RestoreMutation = graphql(`
  mutation RestorePerson($input: PersonInput!) {
    restorePerson(input: $input) {
      id
    }
  }
`);

export const GrantMutation = graphql(`
  mutation GrantRole($input: RoleInput!) {
    grantRole(input: $input) {
      id
    }
  }
`);

export const RevokeMutation = graphql(`
  mutation RevokeRole($input: RoleInput!) {
    revokeRole(input: $input) {
      id
    }
  }
`);
