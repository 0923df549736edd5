import { Alert, Box, Button, LinearProgress, Typography } from "@mui/material";
import type { useUploadDataset } from "@/features/datasets/api/datasets";
import { formatRatio } from "@/lib/format";
import { fieldMessage, messageOf, ProblemError } from "@/lib/problem";

/** How far an upload is, or why it was refused. */
export function UploadProgress({ upload }: { readonly upload: ReturnType<typeof useUploadDataset> }) {
  if (upload.isPending) {
    const isSent = upload.progress >= 1;
    return (
      <Box sx={{ display: "flex", alignItems: "center", gap: 1.5 }}>
        <Box sx={{ flexGrow: 1, minWidth: 0 }}>
          <Typography variant="body2" noWrap>
            {isSent ? "Checking" : "Uploading"} {upload.variables.name}
          </Typography>
          <LinearProgress
            aria-label="Upload"
            variant={isSent ? "indeterminate" : "determinate"}
            value={upload.progress * 100}
            sx={{ mt: 0.5, borderRadius: 1, height: 6 }}
          />
        </Box>
        <Typography variant="body2" sx={{ fontVariantNumeric: "tabular-nums", color: "text.secondary", minWidth: 48, textAlign: "right" }}>
          {formatRatio(Math.round(upload.progress * 100) / 100)}
        </Typography>
        <Button size="small" onClick={upload.stop}>
          Stop
        </Button>
      </Box>
    );
  }
  if (!upload.isError || upload.error.name === "AbortError") return null;
  const fields = upload.error instanceof ProblemError ? upload.error.fields : [];
  return (
    <Alert severity="error" onClose={upload.reset} sx={{ overflowWrap: "anywhere" }}>
      {messageOf(upload.error)}
      {fields.map((field) => (
        <Typography key={field.field} variant="body2" sx={{ mt: 0.5 }}>
          <strong>{field.field}</strong> – {fieldMessage(field)}
        </Typography>
      ))}
    </Alert>
  );
}
