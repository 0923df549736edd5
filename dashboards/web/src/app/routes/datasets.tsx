import { PageHeader } from "@/components/page-header";

export function DatasetsRoute() {
  return <PageHeader title="Datasets" />;
}
