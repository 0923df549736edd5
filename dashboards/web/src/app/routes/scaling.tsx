import { ScalingPage } from "@/features/scaling/components/scaling-page";

export function ScalingRoute() {
  return <ScalingPage />;
}
