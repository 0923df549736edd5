import { BottomNavigation, BottomNavigationAction, Box, Button, Paper } from "@mui/material";
import type { ComponentType } from "react";
import { NavLink, useLocation } from "react-router";
import { DatasetsIcon, OverviewIcon, ScalingIcon, TasksIcon, UsersIcon } from "@/components/icons";
import { useMay } from "@/hooks/use-current-user";

interface Place {
  readonly to: string;
  readonly label: string;
  readonly Icon: ComponentType<{ fontSize?: "small" | "medium" }>;
}

const PLACES: readonly Place[] = [
  { to: "/", label: "Overview", Icon: OverviewIcon },
  { to: "/scaling", label: "Scaling", Icon: ScalingIcon },
  { to: "/tasks", label: "Tasks", Icon: TasksIcon },
  { to: "/datasets", label: "Datasets", Icon: DatasetsIcon },
];
const USERS: Place = { to: "/users", label: "Users", Icon: UsersIcon };

export function TopMenu() {
  const places = usePlaces();
  return (
    <Box component="nav" aria-label="Main" sx={{ display: { xs: "none", md: "flex" }, gap: 0.5 }}>
      {places.map(({ to, label, Icon }) => (
        <Button
          key={to}
          component={NavLink}
          to={to}
          end={to === "/"}
          startIcon={<Icon fontSize="small" />}
          color="inherit"
          sx={{
            px: 1.5,
            color: "text.secondary",
            "&.active": { color: "primary.main", bgcolor: "action.hover" },
          }}
        >
          {label}
        </Button>
      ))}
    </Box>
  );
}

/** The same on a phone, within reach of the thumb. */
export function BottomMenu() {
  const places = usePlaces();
  const { pathname } = useLocation();
  const here = places.findLast(({ to }) => (to === "/" ? pathname === "/" : pathname.startsWith(to)));
  return (
    <Paper
      component="nav"
      aria-label="Main"
      square
      sx={{
        display: { xs: "block", md: "none" },
        position: "fixed",
        insetInline: 0,
        bottom: 0,
        zIndex: "appBar",
        borderTop: 1,
        borderColor: "divider",
        pb: "env(safe-area-inset-bottom)",
      }}
    >
      <BottomNavigation showLabels value={here?.to ?? false}>
        {places.map(({ to, label, Icon }) => (
          <BottomNavigationAction
            key={to}
            value={to}
            label={label}
            icon={<Icon />}
            component={NavLink}
            to={to}
            end={to === "/"}
            sx={{ minWidth: 64 }}
          />
        ))}
      </BottomNavigation>
    </Paper>
  );
}

function usePlaces(): readonly Place[] {
  return useMay("admin") ? [...PLACES, USERS] : PLACES;
}
