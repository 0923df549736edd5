import { Box, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { InboxIcon } from "@/components/icons";

interface EmptyStateProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
}

/** There is nothing yet: what will stand here, and how to get there. */
export function EmptyState({ title, children, action }: EmptyStateProps) {
  return (
    <Box sx={{ textAlign: "center", px: 3, py: 6 }}>
      <InboxIcon sx={{ fontSize: 36, color: "text.secondary", opacity: 0.7 }} aria-hidden />
      <Typography variant="h3" component="p" sx={{ mt: 1 }}>
        {title}
      </Typography>
      {children !== undefined && (
        <Typography variant="body2" component="div" sx={{ mt: 0.5, color: "text.secondary", maxWidth: 440, mx: "auto" }}>
          {children}
        </Typography>
      )}
      {action !== undefined && <Box sx={{ mt: 2 }}>{action}</Box>}
    </Box>
  );
}
