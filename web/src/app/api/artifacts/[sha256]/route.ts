import { forwardArtifact } from '../../../../features/gateway/forward';

export async function GET(_request: Request, { params }: { params: Promise<{ sha256: string }> }): Promise<Response> {
  return forwardArtifact((await params).sha256);
}
