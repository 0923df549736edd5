import { Chip, Tooltip } from "@mui/material";
import { OfflineIcon } from "@/components/icons";
import type { SocketStatus } from "@/lib/task-socket";

/** Only said when it matters: progress arrives by asking, not by being told. */
export function LiveStatus({ status }: { readonly status: SocketStatus }) {
  if (status !== "polling") return null;
  return (
    <Tooltip title="The live connection is down. This page asks for news every few seconds and reconnects by itself.">
      <Chip role="status" size="small" color="warning" variant="outlined" icon={<OfflineIcon />} label="Reconnecting" />
    </Tooltip>
  );
}
