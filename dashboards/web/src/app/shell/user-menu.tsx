import { Avatar, Box, Chip, Divider, IconButton, ListItemIcon, Menu, MenuItem, Typography } from "@mui/material";
import { useColorScheme } from "@mui/material/styles";
import { type ComponentType, useState } from "react";
import { useSignOut } from "@/features/auth/api/sign-out";
import { DarkIcon, LightIcon, SignOutIcon, SystemIcon } from "@/components/icons";
import { useCurrentUser } from "@/hooks/use-current-user";

type Mode = "system" | "light" | "dark";

const MODES: readonly { mode: Mode; label: string; Icon: ComponentType<{ fontSize: "small" }> }[] = [
  { mode: "system", label: "As the system", Icon: SystemIcon },
  { mode: "light", label: "Light", Icon: LightIcon },
  { mode: "dark", label: "Dark", Icon: DarkIcon },
];

export function UserMenu() {
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const user = useCurrentUser();
  const signOut = useSignOut();
  const { mode: present, setMode } = useColorScheme();
  const name = user?.name === "" ? user.email : user?.name;
  return (
    <>
      <IconButton
        aria-label="Account"
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        edge="end"
        onClick={(event) => {
          setAnchor(event.currentTarget);
        }}
      >
        <Avatar sx={{ width: 32, height: 32, fontSize: "0.875rem", fontWeight: 650, bgcolor: "primary.main", color: "primary.contrastText" }}>
          {(name ?? "?").charAt(0).toUpperCase()}
        </Avatar>
      </IconButton>
      <Menu
        anchorEl={anchor}
        open={anchor !== null}
        onClose={() => {
          setAnchor(null);
        }}
        anchorOrigin={{ vertical: "bottom", horizontal: "right" }}
        transformOrigin={{ vertical: "top", horizontal: "right" }}
      >
        <Box component="li" role="none" sx={{ px: 2, py: 1, minWidth: 220, outline: "none" }}>
          <Typography sx={{ fontWeight: 600, overflowWrap: "anywhere" }}>{name ?? "…"}</Typography>
          <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
            {user?.email}
          </Typography>
          {user !== undefined && <Chip size="small" label={user.role} sx={{ mt: 1 }} />}
        </Box>
        <Divider component="li" role="none" />
        {MODES.map(({ mode, label, Icon }) => (
          <MenuItem
            key={mode}
            role="menuitemradio"
            aria-checked={present === mode}
            selected={present === mode}
            onClick={() => {
              setMode(mode);
            }}
          >
            <ListItemIcon>
              <Icon fontSize="small" />
            </ListItemIcon>
            {label}
          </MenuItem>
        ))}
        <Divider component="li" role="none" />
        <MenuItem
          disabled={signOut.isPending}
          onClick={() => {
            signOut.mutate();
          }}
        >
          <ListItemIcon>
            <SignOutIcon fontSize="small" />
          </ListItemIcon>
          Sign out
        </MenuItem>
      </Menu>
    </>
  );
}
