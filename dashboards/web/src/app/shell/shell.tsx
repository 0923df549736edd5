import { AppBar, Box, Container, Link, Toolbar, Typography } from "@mui/material";
import { Suspense } from "react";
import { Link as RouterLink, Outlet } from "react-router";
import { BottomMenu, TopMenu } from "@/app/shell/menus";
import { UserMenu } from "@/app/shell/user-menu";
import { Logo } from "@/components/logo";
import { PageLoading } from "@/components/page-loading";

/** The frame around every page of a signed-in user. */
export function Shell() {
  return (
    <Box sx={{ minHeight: "100dvh", display: "flex", flexDirection: "column" }}>
      <Link
        href="#content"
        sx={{ position: "absolute", left: 8, top: -80, zIndex: 2000, p: 1.5, bgcolor: "background.paper", "&:focus": { top: 8 } }}
      >
        Skip to content
      </Link>
      <AppBar
        position="sticky"
        color="inherit"
        elevation={0}
        sx={{ bgcolor: "background.paper", borderBottom: 1, borderColor: "divider" }}
      >
        <Container maxWidth="xl">
          <Toolbar disableGutters variant="dense" sx={{ minHeight: 56, gap: { xs: 1, md: 3 } }}>
            <Link
              component={RouterLink}
              to="/"
              underline="none"
              color="inherit"
              sx={{ display: "inline-flex", alignItems: "center", gap: 1.25, py: 1 }}
            >
              <Logo />
              <Typography component="span" sx={{ fontWeight: 700, letterSpacing: "-0.02em", fontSize: "1.0625rem" }}>
                AutoServe
              </Typography>
            </Link>
            <TopMenu />
            <Box sx={{ flexGrow: 1 }} />
            <UserMenu />
          </Toolbar>
        </Container>
      </AppBar>
      <Container
        component="main"
        id="content"
        tabIndex={-1}
        maxWidth="xl"
        sx={{ flexGrow: 1, py: { xs: 2, md: 3 }, pb: { xs: 11, md: 4 }, outline: "none" }}
      >
        <Suspense fallback={<PageLoading />}>
          <Outlet />
        </Suspense>
      </Container>
      <BottomMenu />
    </Box>
  );
}
