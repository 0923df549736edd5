import { lazy, Suspense, useState } from "react";
import { useNavigate } from "react-router";
import { TasksPage } from "@/features/tasks/components/tasks-page";

const SubmitDialog = lazy(async () => ({ default: (await import("@/app/routes/submit-task")).SubmitTask }));

export function TasksRoute() {
  const [isSubmitting, setIsSubmitting] = useState(false);
  const navigate = useNavigate();
  return (
    <>
      <TasksPage
        onNew={() => {
          setIsSubmitting(true);
        }}
      />
      {isSubmitting && (
        <Suspense>
          <SubmitDialog
            onClose={() => {
              setIsSubmitting(false);
            }}
            onSubmitted={(task) => void navigate(`/tasks/${task.id}`)}
          />
        </Suspense>
      )}
    </>
  );
}
