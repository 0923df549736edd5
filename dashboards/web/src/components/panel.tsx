import { Box, Paper, Typography } from "@mui/material";
import { type ReactNode, useId } from "react";

interface PanelProps {
  readonly title: string;
  readonly detail?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
  /** Contents up to the border, as tables want it. */
  readonly flush?: boolean;
}

/** A titled card; the title names the region for assistive technology. */
export function Panel({ title, detail, actions, children, flush = false }: PanelProps) {
  const id = useId();
  return (
    <Paper
      component="section"
      aria-labelledby={id}
      variant="outlined"
      sx={{ minWidth: 0, overflow: "hidden", display: "flex", flexDirection: "column" }}
    >
      <Box sx={{ display: "flex", alignItems: "center", flexWrap: "wrap", gap: 1, px: { xs: 1.75, sm: 2.25 }, pt: 1.75, pb: 1 }}>
        <Box sx={{ flexGrow: 1, minWidth: 0 }}>
          <Typography id={id} variant="h2">
            {title}
          </Typography>
          {detail !== undefined && (
            <Typography variant="body2" component="div" sx={{ color: "text.secondary" }}>
              {detail}
            </Typography>
          )}
        </Box>
        {actions}
      </Box>
      <Box sx={flush ? { minWidth: 0, minHeight: 0, flexGrow: 1, display: "flex", flexDirection: "column" } : { px: { xs: 1.75, sm: 2.25 }, pb: 2, minWidth: 0 }}>{children}</Box>
    </Paper>
  );
}
