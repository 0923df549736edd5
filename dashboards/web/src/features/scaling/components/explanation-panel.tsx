import { useQuery } from "@tanstack/react-query";
import { EmptyState } from "@/components/empty-state";
import { Panel } from "@/components/panel";
import { TimeAgo } from "@/components/time-ago";
import { explanationQuery } from "@/features/scaling/api/scaling";
import { Answer } from "@/features/scaling/components/answer";
import { ExplanationDetails } from "@/features/scaling/components/explanation-details";
import { ProblemError } from "@/lib/problem";

/** Why there are as many replicas as there are: what `autoserve scaler explain` says. */
export function ExplanationPanel({ name }: { readonly name: string }) {
  const explanation = useQuery(explanationQuery(name));
  const isNone = explanation.data === undefined && explanation.error instanceof ProblemError && explanation.error.status === 404;
  return (
    <Panel title="Why" detail={explanation.data && <TimeAgo at={explanation.data.at} />}>
      {isNone ? (
        <EmptyState title="No decision yet">As soon as the autoscaler weighs a replica count, it says here why.</EmptyState>
      ) : (
        <Answer query={explanation} failure="The explanation could not be read" height={150}>
          {(data) => <ExplanationDetails explanation={data} />}
        </Answer>
      )}
    </Panel>
  );
}
