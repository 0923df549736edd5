import type { ReactNode } from "react";
import { Navigate, useSearchParams } from "react-router";
import { useSessionState } from "@/hooks/use-session-state";

/** Whoever is signed in goes on to where they wanted to be. */
export function SignedInElsewhere({ children }: { readonly children: ReactNode }) {
  const state = useSessionState();
  const [parameters] = useSearchParams();
  if (state !== "signed-in") return children;
  return <Navigate to={ownPath(parameters.get("from"))} replace />;
}

/** Only paths of this dashboard: `//host` and `/\host` would lead away. */
export function ownPath(from: string | null): string {
  return from !== null && /^\/(?![/\\])/.test(from) ? from : "/";
}
