import { Box } from "@mui/material";

export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <Box component="svg" viewBox="0 0 32 32" aria-hidden sx={{ width: size, height: size, flexShrink: 0, display: "block" }}>
      <rect width="32" height="32" rx="8" fill="#2456d6" />
      <path d="M7 23v-5h4v5zm7 0V13h4v10zm7 0V8h4v15z" fill="#fff" />
      <path d="M7 14.5 14 9l4 1.5L25 4" fill="none" stroke="#ffb26b" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
    </Box>
  );
}
