import { Box, MenuItem, Stack, TextField } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { FileButton } from "@/components/file-button";
import { datasetsQuery, useUploadDataset } from "@/features/datasets/api/datasets";
import { UploadProgress } from "@/features/datasets/components/upload-progress";
import type { Dataset } from "@/lib/api/types";
import { formatCount } from "@/lib/format";
import { messageOf } from "@/lib/problem";

interface DatasetFieldProps {
  readonly label: string;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (dataset: Dataset) => void;
}

/** Choose one of the datasets, or upload a new one on the spot. */
export function DatasetField({ label, value, error, onChange }: DatasetFieldProps) {
  const datasets = useQuery(datasetsQuery);
  const upload = useUploadDataset();
  const items = datasets.data ?? [];
  const help = error ?? (datasets.isError ? messageOf(datasets.error) : undefined);
  return (
    <Stack spacing={1}>
      <Box sx={{ display: "flex", gap: 1, flexDirection: { xs: "column", sm: "row" }, alignItems: { sm: "flex-start" } }}>
        <TextField
          select
          required
          fullWidth
          label={label}
          value={items.some(({ id }) => id === value) ? value : ""}
          error={help !== undefined}
          helperText={help ?? (items.length === 0 && !datasets.isPending ? "No dataset yet: upload a CSV" : undefined)}
          onChange={(event) => {
            const chosen = items.find(({ id }) => id === event.target.value);
            if (chosen !== undefined) onChange(chosen);
          }}
        >
          {items.map((dataset) => (
            <MenuItem key={dataset.id} value={dataset.id}>
              <Box component="span" sx={{ overflow: "hidden", textOverflow: "ellipsis" }}>
                {dataset.name}
              </Box>
              <Box component="span" sx={{ color: "text.secondary", ml: 1, whiteSpace: "nowrap" }}>
                {formatCount(dataset.rows)} rows
              </Box>
            </MenuItem>
          ))}
        </TextField>
        <FileButton
          label="Upload CSV"
          accept=".csv,text/csv"
          variant="outlined"
          disabled={upload.isPending}
          sx={{ minHeight: 56, flexShrink: 0 }}
          onFile={(file) => {
            upload.mutate(file, { onSuccess: onChange });
          }}
        />
      </Box>
      <UploadProgress upload={upload} />
    </Stack>
  );
}
