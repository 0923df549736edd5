import { Box, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { useDocumentTitle } from "@/hooks/use-document-title";

interface PageHeaderProps {
  readonly title: string;
  readonly subtitle?: ReactNode;
  readonly actions?: ReactNode;
}

export function PageHeader({ title, subtitle, actions }: PageHeaderProps) {
  useDocumentTitle(title);
  return (
    <Box
      component="header"
      sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5, rowGap: 1, mb: { xs: 2, md: 2.5 } }}
    >
      <Box sx={{ flex: "1 1 170px", minWidth: 0 }}>
        <Typography variant="h1">{title}</Typography>
        {subtitle !== undefined && (
          <Typography variant="body2" component="div" sx={{ color: "text.secondary", mt: 0.25 }}>
            {subtitle}
          </Typography>
        )}
      </Box>
      {actions}
    </Box>
  );
}
