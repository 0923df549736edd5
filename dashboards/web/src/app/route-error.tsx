import { Box } from "@mui/material";
import { useRouteError } from "react-router";
import { ErrorState } from "@/components/error-state";

/** A page that could not be drawn, or whose code is gone because a newer version is served. */
export function RouteError() {
  const error = useRouteError();
  return (
    <Box component="main" sx={{ p: 3, maxWidth: 640, mx: "auto" }}>
      <ErrorState
        title="This page could not be shown"
        error={error}
        onRetry={() => {
          window.location.reload();
        }}
      />
    </Box>
  );
}
