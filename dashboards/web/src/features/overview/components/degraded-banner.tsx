import { Alert, AlertTitle, Box } from "@mui/material";
import type { Overview } from "@/lib/api/types";

/** What does not work at present, and why. */
export function DegradedBanner({ entries }: { readonly entries: Overview["degraded"] }) {
  return (
    <Alert severity="warning" variant="outlined" sx={{ bgcolor: "background.paper" }}>
      <AlertTitle>
        {entries.length === 1 ? "The platform is degraded" : `The platform is degraded in ${String(entries.length)} ways`}
      </AlertTitle>
      <Box component="ul" sx={{ m: 0, pl: 2.25 }}>
        {entries.map(({ what, why }) => (
          <li key={`${what} ${why}`}>
            <strong>{what}</strong>: {why}
          </li>
        ))}
      </Box>
    </Alert>
  );
}
