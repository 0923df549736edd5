import { Box, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { InboxIcon } from "@/components/icons";

interface EmptyStateProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: ReactNode;
  /** In a panel beside others, where a picture would be too much. */
  readonly isSmall?: boolean;
}

/** There is nothing yet: what will stand here, and how to get there. */
export function EmptyState({ title, children, action, isSmall = false }: EmptyStateProps) {
  return (
    <Box sx={isSmall ? { px: { xs: 1.75, sm: 2.25 }, pb: 2 } : { textAlign: "center", px: 3, py: 6 }}>
      {!isSmall && <InboxIcon sx={{ fontSize: 36, color: "text.secondary", opacity: 0.7 }} aria-hidden />}
      <Typography variant={isSmall ? "body2" : "h3"} component="p" sx={{ mt: isSmall ? 0 : 1 }}>
        {title}
      </Typography>
      {children !== undefined && (
        <Typography variant="body2" component="div" sx={{ mt: 0.5, color: "text.secondary", ...(isSmall ? {} : { maxWidth: 440, mx: "auto" }) }}>
          {children}
        </Typography>
      )}
      {action !== undefined && <Box sx={{ mt: 2 }}>{action}</Box>}
    </Box>
  );
}
