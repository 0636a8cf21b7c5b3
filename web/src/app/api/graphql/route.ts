import { forwardGraphql } from '../../../features/gateway/forward';

export function POST(request: Request): Promise<Response> {
  return forwardGraphql(request);
}
