import { PageHeader } from "@/components/page-header";

export function UsersRoute() {
  return <PageHeader title="Users" />;
}
