import { EmptyState } from "@/components/empty-state";
import { PageHeader } from "@/components/page-header";
import { PageLoading } from "@/components/page-loading";
import { UsersPage } from "@/features/users/components/users-page";
import { useCurrentUser } from "@/hooks/use-current-user";

export function UsersRoute() {
  const user = useCurrentUser();
  if (user === undefined) return <PageLoading />;
  if (user.role === "admin") return <UsersPage />;
  return (
    <>
      <PageHeader title="Users" />
      <EmptyState title="Only administrators manage users">Your role is {user.role}.</EmptyState>
    </>
  );
}
