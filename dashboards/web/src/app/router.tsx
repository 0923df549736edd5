import { createBrowserRouter, type RouteObject } from "react-router";
import { PageLoading } from "@/components/page-loading";
import { RouteError } from "@/app/route-error";
import { SessionGate } from "@/app/session-gate";

export const routes: RouteObject[] = [
  {
    path: "/sign-in",
    lazy: async () => ({ Component: (await import("@/app/routes/sign-in")).SignInRoute }),
  },
  {
    path: "/register",
    lazy: async () => ({ Component: (await import("@/app/routes/register")).RegisterRoute }),
  },
  {
    path: "/",
    element: <SessionGate />,
    children: [
      {
        lazy: async () => ({ Component: (await import("@/app/shell/shell")).Shell }),
        children: [
          {
            index: true,
            lazy: async () => ({ Component: (await import("@/app/routes/overview")).OverviewRoute }),
          },
          {
            path: "tasks",
            lazy: async () => ({ Component: (await import("@/app/routes/tasks")).TasksRoute }),
          },
          {
            path: "tasks/:taskId",
            lazy: async () => ({ Component: (await import("@/app/routes/task")).TaskRoute }),
          },
          {
            path: "scaling",
            lazy: async () => ({ Component: (await import("@/app/routes/scaling")).ScalingRoute }),
          },
          {
            path: "scaling/:name",
            lazy: async () => ({ Component: (await import("@/app/routes/target")).TargetRoute }),
          },
          {
            path: "datasets",
            lazy: async () => ({ Component: (await import("@/app/routes/datasets")).DatasetsRoute }),
          },
          {
            path: "users",
            lazy: async () => ({ Component: (await import("@/app/routes/users")).UsersRoute }),
          },
          {
            path: "*",
            lazy: async () => ({ Component: (await import("@/app/routes/not-found")).NotFoundRoute }),
          },
        ],
      },
    ],
  },
];

export function createRouter() {
  const guarded = routes.map((route) => ({
    ...route,
    errorElement: <RouteError />,
    hydrateFallbackElement: <PageLoading />,
  }));
  return createBrowserRouter(guarded);
}
