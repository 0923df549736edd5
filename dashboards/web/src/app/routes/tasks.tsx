import { PageHeader } from "@/components/page-header";

export function TasksRoute() {
  return <PageHeader title="Tasks" />;
}
