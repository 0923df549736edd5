import { PageHeader } from "@/components/page-header";

export function OverviewRoute() {
  return <PageHeader title="Overview" />;
}
