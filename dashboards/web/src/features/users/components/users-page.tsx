import { Alert, Box, Button, Chip, MenuItem, Skeleton, Stack, TextField, Tooltip, Typography } from "@mui/material";
import { useInfiniteQuery } from "@tanstack/react-query";
import { EmptyState } from "@/components/empty-state";
import { ErrorState } from "@/components/error-state";
import { PageHeader } from "@/components/page-header";
import { Panel } from "@/components/panel";
import { StaleNote } from "@/components/stale-note";
import { TimeAgo } from "@/components/time-ago";
import { useChangeRole, usersQuery } from "@/features/users/api/users";
import { useCurrentUser } from "@/hooks/use-current-user";
import { type Role, ROLES, type User } from "@/lib/api/types";
import { messageOf } from "@/lib/problem";

/** Who may do what; for administrators. */
export function UsersPage() {
  const users = useInfiniteQuery(usersQuery);
  const items = users.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <PageHeader title="Users" subtitle="Viewers read, operators submit and upload, admins manage users" />
      <Stack spacing={2}>
        {users.data !== undefined && <StaleNote error={users.error} updatedAt={users.dataUpdatedAt} />}
        {users.isPending ? (
          <Skeleton variant="rounded" height={240} />
        ) : users.data === undefined ? (
          <ErrorState title="The users could not be read" error={users.error} onRetry={() => void users.refetch()} />
        ) : items.length === 0 ? (
          <EmptyState title="No users" />
        ) : (
          <Panel title="Accounts" flush>
            <Box component="ul" sx={{ listStyle: "none", m: 0, p: 0 }}>
              {items.map((user) => (
                <UserItem key={user.id} user={user} />
              ))}
            </Box>
          </Panel>
        )}
        {users.hasNextPage && (
          <Button loading={users.isFetchingNextPage} onClick={() => void users.fetchNextPage()}>
            Show more
          </Button>
        )}
      </Stack>
    </>
  );
}

function UserItem({ user }: { readonly user: User }) {
  const change = useChangeRole();
  const isSelf = useCurrentUser()?.id === user.id;
  return (
    <Box component="li" sx={{ px: { xs: 1.75, sm: 2.25 }, py: 1.25, borderTop: 1, borderColor: "divider" }}>
      <Box sx={{ display: "flex", flexWrap: "wrap", alignItems: "center", gap: 1.5 }}>
        <Box sx={{ flexGrow: 1, minWidth: 180 }}>
          <Typography sx={{ fontWeight: 600, overflowWrap: "anywhere" }}>
            {user.name === "" ? user.email : user.name}
            {isSelf && " (you)"}
          </Typography>
          <Typography variant="body2" sx={{ color: "text.secondary", overflowWrap: "anywhere" }}>
            {user.email} · registered <TimeAgo at={user.created_at} />
            {user.is_disabled && " · disabled"}
          </Typography>
        </Box>
        {isSelf ? (
          <Tooltip title="Only another admin may change your role">
            <Chip label={user.role} />
          </Tooltip>
        ) : (
          <TextField
            select
            size="small"
            label="Role"
            value={change.isPending ? change.variables.role : user.role}
            disabled={change.isPending}
            sx={{ minWidth: 140 }}
            slotProps={{ select: { SelectDisplayProps: { "aria-label": `Role of ${user.email}` } } }}
            onChange={(event) => {
              change.mutate({ id: user.id, role: event.target.value as Role });
            }}
          >
            {ROLES.map((role) => (
              <MenuItem key={role} value={role}>
                {role}
              </MenuItem>
            ))}
          </TextField>
        )}
      </Box>
      {change.isError && (
        <Alert severity="error" sx={{ mt: 1 }}>
          {messageOf(change.error)}
        </Alert>
      )}
    </Box>
  );
}
