/** The look of the dashboard: one set of colours, for light and for dark, that follows the system or the user. */
import { createTheme } from "@mui/material/styles";

const fontFamily = '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

export const theme = createTheme({
  cssVariables: { colorSchemeSelector: "data-color-scheme" },
  colorSchemes: {
    light: {
      palette: {
        primary: { main: "#2456d6" },
        success: { main: "#157f4a" },
        warning: { main: "#9a5b00" },
        error: { main: "#c02626" },
        info: { main: "#2456d6" },
        background: { default: "#f5f6f9", paper: "#ffffff" },
        text: { primary: "#141a26", secondary: "#545e72" },
        divider: "#e2e6ee",
      },
    },
    dark: {
      palette: {
        primary: { main: "#86a8ff" },
        success: { main: "#57c98e" },
        warning: { main: "#f0b35a" },
        error: { main: "#ff8a86" },
        info: { main: "#86a8ff" },
        background: { default: "#0c111b", paper: "#141b28" },
        text: { primary: "#e8ecf4", secondary: "#9ea9bd" },
        divider: "#273044",
      },
    },
  },
  shape: { borderRadius: 10 },
  typography: {
    fontFamily,
    fontSize: 14,
    h1: { fontSize: "1.5rem", fontWeight: 650, letterSpacing: "-0.015em", lineHeight: 1.25 },
    h2: { fontSize: "1.0625rem", fontWeight: 620, letterSpacing: "-0.01em", lineHeight: 1.35 },
    h3: { fontSize: "0.9375rem", fontWeight: 600, lineHeight: 1.4 },
    button: { textTransform: "none", fontWeight: 600 },
    overline: { fontSize: "0.75rem", fontWeight: 600, letterSpacing: "0.02em", lineHeight: 1.5, textTransform: "none" },
  },
  components: {
    MuiCssBaseline: {
      styleOverrides: { body: { fontFeatureSettings: '"cv11", "ss03"', overflowX: "hidden" } },
    },
    MuiPaper: { defaultProps: { elevation: 0 }, styleOverrides: { root: { backgroundImage: "none" } } },
    MuiButton: { defaultProps: { disableElevation: true }, styleOverrides: { root: { minHeight: 40 } } },
    MuiChip: { styleOverrides: { root: { fontWeight: 550 } } },
    MuiIconButton: { styleOverrides: { root: { minWidth: 40, minHeight: 40 } } },
    MuiTableCell: {
      styleOverrides: {
        head: ({ theme: current }) => ({
          fontSize: "0.75rem",
          fontWeight: 600,
          color: current.vars.palette.text.secondary,
          whiteSpace: "nowrap",
        }),
      },
    },
    MuiDialog: { defaultProps: { fullWidth: true } },
    MuiTooltip: { defaultProps: { arrow: true, enterTouchDelay: 200 } },
  },
});

/** Figures that stand below each other or change in place. */
export const tabular = { fontVariantNumeric: "tabular-nums" } as const;
