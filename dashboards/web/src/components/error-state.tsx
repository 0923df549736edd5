import { Alert, AlertTitle, Button, Typography } from "@mui/material";
import { messageOf, ProblemError } from "@/lib/problem";

interface ErrorStateProps {
  readonly title: string;
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** Nothing can be shown: what went wrong, the number to ask with, and a way to try again. */
export function ErrorState({ title, error, onRetry }: ErrorStateProps) {
  const correlationId = error instanceof ProblemError ? error.correlationId : undefined;
  return (
    <Alert
      severity="error"
      variant="outlined"
      sx={{ bgcolor: "background.paper" }}
      action={
        onRetry && (
          <Button color="inherit" size="small" onClick={onRetry}>
            Try again
          </Button>
        )
      }
    >
      <AlertTitle>{title}</AlertTitle>
      {messageOf(error)}
      {correlationId !== undefined && (
        <Typography variant="caption" component="p" sx={{ mt: 0.5, color: "text.secondary", overflowWrap: "anywhere" }}>
          Correlation id {correlationId}
        </Typography>
      )}
    </Alert>
  );
}
