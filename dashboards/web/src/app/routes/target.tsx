import { useParams } from "react-router";
import { TargetPage } from "@/features/scaling/components/target-page";

export function TargetRoute() {
  const { name = "" } = useParams();
  return <TargetPage key={name} name={name} />;
}
