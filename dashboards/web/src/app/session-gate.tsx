import { Box } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { Navigate, Outlet, useLocation } from "react-router";
import { ErrorState } from "@/components/error-state";
import { PageLoading } from "@/components/page-loading";
import { useSessionState } from "@/hooks/use-session-state";
import { session } from "@/lib/session";

/** Shows its children to who is signed in; a cookie of an earlier visit counts. */
export function SessionGate() {
  const state = useSessionState();
  const location = useLocation();
  const restored = useQuery({
    queryKey: ["session", "restored"],
    queryFn: async () => {
      await session.refresh();
      return true;
    },
    enabled: state === "unknown",
    retry: false,
    refetchInterval: (query) => (query.state.status === "error" ? 5_000 : false),
  });
  if (state === "signed-in") return <Outlet />;
  if (state === "signed-out") {
    const from = location.pathname + location.search;
    return <Navigate to={from === "/" ? "/sign-in" : `/sign-in?${new URLSearchParams({ from }).toString()}`} replace />;
  }
  if (restored.isError) {
    return (
      <Box component="main" sx={{ p: 3, maxWidth: 640, mx: "auto" }}>
        <ErrorState title="AutoServe cannot be reached" error={restored.error} onRetry={() => void restored.refetch()} />
      </Box>
    );
  }
  return <PageLoading />;
}
