import { DatasetField } from "@/features/datasets/components/dataset-field";
import { SubmitDialog } from "@/features/tasks/components/submit-dialog";
import type { Task } from "@/lib/api/types";

interface SubmitTaskProps {
  readonly onClose: () => void;
  readonly onSubmitted: (task: Task) => void;
}

/** Where tasks and datasets meet: the one is submitted with the other. */
export function SubmitTask(props: SubmitTaskProps) {
  return <SubmitDialog {...props} DatasetInput={DatasetField} />;
}
