import { Box, Paper, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { Logo } from "@/components/logo";
import { useDocumentTitle } from "@/hooks/use-document-title";

interface AuthCardProps {
  readonly title: string;
  readonly subtitle: string;
  readonly children: ReactNode;
  readonly footer: ReactNode;
}

export function AuthCard({ title, subtitle, children, footer }: AuthCardProps) {
  useDocumentTitle(title);
  return (
    <Box component="main" sx={{ minHeight: "100dvh", display: "grid", placeItems: "center", p: 2 }}>
      <Box sx={{ width: "100%", maxWidth: 400 }}>
        <Box sx={{ display: "flex", alignItems: "center", justifyContent: "center", gap: 1.5, mb: 3 }}>
          <Logo size={36} />
          <Typography component="p" sx={{ fontSize: "1.375rem", fontWeight: 700, letterSpacing: "-0.02em" }}>
            AutoServe
          </Typography>
        </Box>
        <Paper variant="outlined" sx={{ p: { xs: 2.5, sm: 4 } }}>
          <Typography variant="h1">{title}</Typography>
          <Typography variant="body2" sx={{ color: "text.secondary", mt: 0.5, mb: 2.5 }}>
            {subtitle}
          </Typography>
          {children}
        </Paper>
        <Typography variant="body2" component="div" sx={{ textAlign: "center", mt: 2.5, color: "text.secondary" }}>
          {footer}
        </Typography>
      </Box>
    </Box>
  );
}
