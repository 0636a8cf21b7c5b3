import { graphql } from '../../graphql/generated';

export const ProjectsQuery = graphql(`
  query Projects($after: String) {
    me {
      permissions
    }
    projects(first: 100, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      edges {
        node {
          id
          name
          repo
          branch
          import {
            state
            progress
          }
        }
      }
    }
  }
`);

export const ProjectQuery = graphql(`
  query ProjectPage($name: String!) {
    project(name: $name) {
      id
      name
      repo
      bare
      branch
      bringHome
      createdAt
      policyText
      policyVersion
      settingsVersion
      import {
        state
        progress
        code
        message
      }
      settings {
        approvalsRequired
        commands
        gateWindowMs
        reminderMs
        image
        maxDiffLines
        maxFixAttempts
        requesterMayApprove
        reviewBlocks
        rules
        setupCommand
        testCommand
        env {
          name
          value
        }
        gates {
          spec
          plan
          diff
          merge
        }
        limits {
          attempts
          costMicros
          tokens
          wallClockMs
        }
        models {
          all
          spec
          plan
          execute
          review
          chat
        }
        egress {
          setup {
            host
            port
            methods
            tunnel
            credential
          }
          execute {
            host
            port
            methods
            tunnel
            credential
          }
        }
      }
    }
  }
`);

export const AddProjectMutation = graphql(`
  mutation AddProject($input: AddProjectInput!) {
    addProject(input: $input) {
      name
    }
  }
`);
