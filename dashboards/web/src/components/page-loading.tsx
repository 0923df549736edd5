import { Box, CircularProgress } from "@mui/material";

export function PageLoading() {
  return (
    <Box sx={{ display: "grid", placeItems: "center", minHeight: "60vh" }}>
      <CircularProgress aria-label="Loading" size={32} />
    </Box>
  );
}
