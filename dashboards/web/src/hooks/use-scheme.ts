import useMediaQuery from "@mui/material/useMediaQuery";
import { useColorScheme } from "@mui/material/styles";

/** The colours in use now, for what is drawn on a canvas and cannot follow style sheets. */
export function useScheme(): "light" | "dark" {
  const { mode } = useColorScheme();
  const isSystemDark = useMediaQuery("(prefers-color-scheme: dark)");
  if (mode === "light" || mode === "dark") return mode;
  return isSystemDark ? "dark" : "light";
}
