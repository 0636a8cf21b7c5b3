import { graphql } from '../../graphql/generated';

export const RequestQuery = graphql(`
  query RequestPage($id: ID!) {
    me {
      id
      name
      grants {
        role
        project
      }
      permissions
    }
    request(id: $id) {
      id
      title
      body
      state
      paused
      superseded
      author
      project
      projectId
      requester
      requesterId
      branch
      baseCommit
      revision
      needsMe
      waitingFor
      createdAt
      updatedAt
      limitsNotEnforced
      egress {
        phase
        at
        allowed
        refused
        tunnels
        refusedHosts
        log {
          sha256
          bytes
        }
      }
      checks
      may {
        cancel
        comment
        pause
        resume
        raiseBudget
        repair
      }
      outcome {
        code
        message
      }
      merge {
        commit
        bringHome
      }
      mergeRequest {
        number
        url
        branch
        target
        state
      }
      budget {
        exceeded
        limits {
          attempts
          costMicros
          tokens
          wallClockMs
        }
        usage {
          attempts
          cachedTokens
          costMicros
          tokens
          wallClockMs
        }
      }
      stages {
        name
        state
        startedAt
        endedAt
        attempts
      }
      events {
        seq
        at
        type
        actor
        text
      }
      comments {
        id
        author
        text
        at
        byModel
        answers
        pending
      }
      findings {
        rule
        severity
        message
        path
        line
        confidence
      }
      modelReview {
        reviewer
        passes {
          name
          findings
          error
        }
      }
      gates {
        name
        setting
        state
        revision
        digest
        approvals
        required
        deadline
        account
        mayDecide
        whyNot
        decisions {
          id
          actor
          actorKind
          verdict
          status
          code
          revision
          digest
          reason
          channel
          amr
          policyIds
          at
        }
      }
    }
  }
`);

/** The little that tells whether the page must be rendered again. */
export const RequestPulseQuery = graphql(`
  query RequestPulse($id: ID!) {
    request(id: $id) {
      state
      paused
      superseded
      updatedAt
      needsMe
      waitingFor
      checks
      comments {
        id
        text
      }
      events {
        seq
      }
      stages {
        name
        state
        attempts
      }
      budget {
        exceeded
      }
      gates {
        name
        state
        revision
        digest
        approvals
        mayDecide
        decisions {
          id
          status
        }
      }
    }
  }
`);

export const DocumentQuery = graphql(`
  query RequestDocument($id: ID!, $kind: DocumentKind!) {
    document(id: $id, kind: $kind, maxBytes: 600000) {
      kind
      digest
      revision
      text
      truncated
      author
      artifact {
        sha256
        bytes
        name
      }
    }
  }
`);

export const SubjectQuery = graphql(`
  query GateSubject($id: ID!, $gate: Gate!, $revision: Int) {
    subject(id: $id, gate: $gate, revision: $revision) {
      gate
      revision
      digest
      text
    }
  }
`);
