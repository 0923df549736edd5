import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle, IconButton, Skeleton, useMediaQuery, useTheme } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { CloseIcon } from "@/components/icons";
import { ErrorState } from "@/components/error-state";
import { taskTypesQuery } from "@/features/tasks/api/tasks";
import { type DatasetInput, SubmitForm } from "@/features/tasks/components/submit-form";
import type { Task } from "@/lib/api/types";

interface SubmitDialogProps {
  readonly onClose: () => void;
  readonly onSubmitted: (task: Task) => void;
  /** Brought by the application, since datasets are a feature of their own. */
  readonly DatasetInput: DatasetInput;
}

const FORM = "submit-task";

export function SubmitDialog({ onClose, onSubmitted, DatasetInput }: SubmitDialogProps) {
  const isPhone = useMediaQuery(useTheme().breakpoints.down("sm"));
  const types = useQuery(taskTypesQuery);
  return (
    <Dialog open onClose={onClose} maxWidth="sm" fullScreen={isPhone} aria-labelledby="submit-title">
      <DialogTitle id="submit-title" sx={{ display: "flex", alignItems: "center", justifyContent: "space-between", pb: 1 }}>
        New task
        <IconButton aria-label="Close" edge="end" onClick={onClose}>
          <CloseIcon />
        </IconButton>
      </DialogTitle>
      {types.isPending ? (
        <DialogContent>
          <Skeleton variant="rounded" height={240} />
        </DialogContent>
      ) : types.data === undefined ? (
        <DialogContent>
          <ErrorState title="The task types could not be read" error={types.error} onRetry={() => void types.refetch()} />
        </DialogContent>
      ) : types.data.length === 0 ? (
        <DialogContent>
          <Alert severity="info">This platform offers no task types.</Alert>
        </DialogContent>
      ) : (
        <SubmitForm
          id={FORM}
          types={types.data}
          DatasetInput={DatasetInput}
          onSubmitted={onSubmitted}
          renderActions={(isPending) => (
            <DialogActions sx={{ px: 3, pb: 2 }}>
              <Button onClick={onClose}>Back</Button>
              <Button type="submit" form={FORM} variant="contained" loading={isPending}>
                Submit
              </Button>
            </DialogActions>
          )}
        />
      )}
    </Dialog>
  );
}
