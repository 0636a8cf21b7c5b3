import { graphql } from '../../graphql/generated';

export const CancelMutation = graphql(`
  mutation CancelRequest($input: RequestReasonInput!) {
    word: cancelRequest(input: $input) {
      outcome
      code
      message
    }
  }
`);

export const PauseMutation = graphql(`
  mutation PauseRequest($input: RequestReasonInput!) {
    word: pauseRequest(input: $input) {
      outcome
      code
      message
    }
  }
`);

export const ResumeMutation = graphql(`
  mutation ResumeRequest($input: RequestReasonInput!) {
    word: resumeRequest(input: $input) {
      outcome
      code
      message
    }
  }
`);

export const RepairMutation = graphql(`
  mutation RepairRequest($id: ID!) {
    repairRequest(id: $id) {
      state
      paused
    }
  }
`);
