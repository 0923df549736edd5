import { Chip, CircularProgress } from "@mui/material";
import { CancelledIcon, DoneIcon, ErrorIcon, QueuedIcon } from "@/components/icons";
import type { TaskState } from "@/lib/api/types";

export function StateChip({ state }: { readonly state: TaskState }) {
  const shared = { size: "small", variant: "outlined", label: state } as const;
  switch (state) {
    case "queued":
      return <Chip {...shared} icon={<QueuedIcon />} />;
    case "running":
      return <Chip {...shared} color="primary" icon={<CircularProgress size={13} color="inherit" aria-hidden sx={{ ml: "6px !important" }} />} />;
    case "succeeded":
      return <Chip {...shared} color="success" icon={<DoneIcon />} />;
    case "failed":
      return <Chip {...shared} color="error" icon={<ErrorIcon />} />;
    case "cancelled":
      return <Chip {...shared} icon={<CancelledIcon />} />;
  }
}
