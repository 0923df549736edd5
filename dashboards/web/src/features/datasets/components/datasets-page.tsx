import { Box, Skeleton, Stack } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { type DragEvent, type ReactNode, useState } from "react";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { FileButton } from "@/components/file-button";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { StaleNote } from "@/components/stale-note";
import { datasetsQuery, useUploadDataset } from "@/features/datasets/api/datasets";
import { DatasetList } from "@/features/datasets/components/dataset-list";
import { UploadProgress } from "@/features/datasets/components/upload-progress";
import { useMay } from "@/hooks/use-current-user";

export function DatasetsPage() {
  const datasets = useQuery(datasetsQuery);
  const upload = useUploadDataset();
  const mayUpload = useMay("operator");
  return (
    <DropZone
      isActive={mayUpload && !upload.isPending}
      onFile={(file) => {
        upload.mutate(file);
      }}
    >
      <PageHeader
        title="Datasets"
        subtitle="CSV files that tasks work on"
        actions={
          mayUpload && (
            <FileButton
              label="Upload CSV"
              accept=".csv,text/csv"
              variant="contained"
              disabled={upload.isPending}
              onFile={(file) => {
                upload.mutate(file);
              }}
            />
          )
        }
      />
      <Stack spacing={2}>
        <UploadProgress upload={upload} />
        {datasets.data !== undefined && <StaleNote error={datasets.error} updatedAt={datasets.dataUpdatedAt} />}
        {datasets.isPending ? (
          <Skeleton variant="rounded" height={280} />
        ) : datasets.data === undefined ? (
          <ErrorState title="The datasets could not be read" error={datasets.error} onRetry={() => void datasets.refetch()} />
        ) : (
          <Panel title={datasets.data.length === 1 ? "1 dataset" : `${String(datasets.data.length)} datasets`} flush>
            {datasets.data.length === 0 ? (
              <EmptyState title="No dataset yet">
                {mayUpload ? "Upload a CSV: UTF-8, with a header. Drop it anywhere on this page." : "An operator has to upload one."}
              </EmptyState>
            ) : (
              <DatasetList datasets={datasets.data} />
            )}
          </Panel>
        )}
      </Stack>
    </DropZone>
  );
}

interface DropZoneProps {
  readonly isActive: boolean;
  readonly onFile: (file: File) => void;
  readonly children: ReactNode;
}

function DropZone({ isActive, onFile, children }: DropZoneProps) {
  const [isOver, setIsOver] = useState(false);
  const over = (event: DragEvent) => {
    if (!isActive) return;
    event.preventDefault();
    setIsOver(true);
  };
  return (
    <Box
      onDragOver={over}
      onDragLeave={() => {
        setIsOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        const file = event.dataTransfer.files[0];
        if (isActive && file !== undefined) onFile(file);
      }}
      sx={{ minHeight: "70vh", borderRadius: 2, outline: isOver ? "2px dashed" : "none", outlineColor: "primary.main", outlineOffset: 8 }}
    >
      {children}
    </Box>
  );
}
