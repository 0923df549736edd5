import { Alert, Box, Button, Dialog, DialogActions, DialogContent, DialogTitle, IconButton, Tooltip, Typography } from "@mui/material";
import { useState } from "react";
import { DeleteIcon } from "@/components/icons";
import { TimeAgo } from "@/components/time-ago";
import { useDeleteDataset } from "@/features/datasets/api/datasets";
import { useMay } from "@/hooks/use-current-user";
import type { Dataset } from "@/lib/api/types";
import { formatBytes, formatCount } from "@/lib/format";
import { messageOf } from "@/lib/problem";

export function DatasetList({ datasets }: { readonly datasets: readonly Dataset[] }) {
  const [doomed, setDoomed] = useState<Dataset>();
  const mayDelete = useMay("operator");
  return (
    <>
      <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
        {datasets.map((dataset) => (
          <Box
            component="li"
            key={dataset.id}
            sx={{ display: "flex", alignItems: "center", gap: 1.5, px: { xs: 1.75, sm: 2.25 }, py: 1.25, borderTop: 1, borderColor: "divider" }}
          >
            <Box sx={{ flexGrow: 1, minWidth: 0 }}>
              <Typography sx={{ fontWeight: 600, overflowWrap: "anywhere" }}>{dataset.name}</Typography>
              <Typography variant="body2" noWrap title={dataset.columns.join(", ")} sx={{ color: "text.secondary" }}>
                {formatCount(dataset.rows)} rows · {dataset.columns.length} columns · {formatBytes(dataset.size_bytes)} ·{" "}
                <TimeAgo at={dataset.created_at} />
              </Typography>
              <Typography variant="caption" component="p" noWrap sx={{ color: "text.secondary" }}>
                {dataset.columns.join(", ")}
              </Typography>
            </Box>
            {mayDelete && (
              <Tooltip title="Delete">
                <IconButton
                  aria-label={`Delete ${dataset.name}`}
                  onClick={() => {
                    setDoomed(dataset);
                  }}
                >
                  <DeleteIcon fontSize="small" />
                </IconButton>
              </Tooltip>
            )}
          </Box>
        ))}
      </Box>
      {doomed !== undefined && (
        <DeleteDialog
          dataset={doomed}
          onClose={() => {
            setDoomed(undefined);
          }}
        />
      )}
    </>
  );
}

function DeleteDialog({ dataset, onClose }: { readonly dataset: Dataset; readonly onClose: () => void }) {
  const removal = useDeleteDataset();
  return (
    <Dialog open onClose={onClose} maxWidth="xs" aria-labelledby="delete-title">
      <DialogTitle id="delete-title">Delete {dataset.name}?</DialogTitle>
      <DialogContent>
        <Typography variant="body2">Results of finished tasks stay. Tasks that still wait for this dataset will fail.</Typography>
        {removal.isError && (
          <Alert severity="error" sx={{ mt: 2 }}>
            {messageOf(removal.error)}
          </Alert>
        )}
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>Keep</Button>
        <Button
          color="error"
          variant="contained"
          loading={removal.isPending}
          onClick={() => {
            removal.mutate(dataset.id, { onSuccess: onClose });
          }}
        >
          Delete
        </Button>
      </DialogActions>
    </Dialog>
  );
}
