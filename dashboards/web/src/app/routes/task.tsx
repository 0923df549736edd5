import { PageHeader } from "@/components/page-header";

export function TaskRoute() {
  return <PageHeader title="Task" />;
}
