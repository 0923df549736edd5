import { Button } from "@mui/material";
import { Link } from "react-router";
import { EmptyState } from "@/components/empty-state";
import { PageHeader } from "@/components/page-header";

export function NotFoundRoute() {
  return (
    <>
      <PageHeader title="Not found" />
      <EmptyState
        title="There is no such page"
        action={
          <Button component={Link} to="/" variant="contained">
            To the overview
          </Button>
        }
      />
    </>
  );
}
