import { graphql } from '../../graphql/generated';

export const NewRequestQuery = graphql(`
  query NewRequest {
    me {
      permissions
    }
    projects(first: 100) {
      edges {
        node {
          id
          name
          branch
          import {
            state
          }
        }
      }
    }
  }
`);

export const CreateRequestMutation = graphql(`
  mutation CreateRequest($input: CreateRequestInput!) {
    createRequest(input: $input) {
      id
    }
  }
`);
