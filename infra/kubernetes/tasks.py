"""A command that runs to its end in a cluster: a Job, or a CronJob where it has a schedule.

A Job runs again whenever what it is made of changes.
"""

import hashlib
import json
from dataclasses import asdict, dataclass

import pulumi
from pulumi_kubernetes import batch, meta

from infra.kubernetes import network
from infra.kubernetes.configuration import configuration
from infra.kubernetes.identity import identity
from infra.kubernetes.names import labels
from infra.kubernetes.network import Network
from infra.kubernetes.pods import Placement, pod_template
from infra.services.description import Job

__all__ = ["Task", "TaskArgs"]

ATTEMPTS = 6  # with a growing pause; a store that just starts answers within them
SLACK_S = 240  # for the image to arrive and the attempts, beside the command's own deadline
LATE_S = 120  # a run that could not begin by then is left out: the next one does its work


@dataclass(frozen=True, kw_only=True)
class TaskArgs:
    """What makes a task of a job's description. ``version`` is that of its sources."""

    job: Job
    placement: Placement
    network: Network
    version: str


class Task(pulumi.ComponentResource):
    """A job in a cluster.

    Attributes:
        done: ready when the command ended well; of a schedule, when it is in force.
    """

    done: pulumi.Resource

    def __init__(
        self, name: str, args: TaskArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("autoserve:kubernetes:Task", name, None, opts)
        job, child = args.job, pulumi.ResourceOptions(parent=self)
        namespace = args.network.namespace(job)
        uses = configuration(job, namespace=namespace, fill=args.placement.templates, opts=child)
        account = identity(job, network=args.network, opts=child)
        allowed = network.policy(job, args.network, child)
        spec = batch.v1.JobSpecArgs(
            backoff_limit=ATTEMPTS,
            active_deadline_seconds=round(job.deadline_s) + SLACK_S,
            template=pod_template(job, placement=args.placement, configuration=uses),
        )
        after = pulumi.ResourceOptions(parent=self, depends_on=[account, allowed])
        make = _scheduled if job.schedule else _once
        self.done = make(args, namespace, spec, after)
        self.register_outputs({})


def _once(
    args: TaskArgs, namespace: str, spec: batch.v1.JobSpecArgs, opts: pulumi.ResourceOptions
) -> batch.v1.Job:
    job = args.job
    return batch.v1.Job(
        job.name,
        metadata=meta.v1.ObjectMetaArgs(
            name=f"{job.name}-{_digest(args)}",
            namespace=namespace,
            labels=labels(job.name),
            # One that failed never ends otherwise: the next run makes it anew.
            annotations={"pulumi.com/replaceUnready": "true"},
        ),
        spec=spec,
        # A Job cannot be changed, so another one takes its place. The old one goes first: when
        # the new one fails and its cause is taken back, the old one's name must be free.
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )


def _scheduled(
    args: TaskArgs, namespace: str, spec: batch.v1.JobSpecArgs, opts: pulumi.ResourceOptions
) -> batch.v1.CronJob:
    job = args.job
    return batch.v1.CronJob(
        job.name,
        metadata=meta.v1.ObjectMetaArgs(
            name=job.name, namespace=namespace, labels=labels(job.name)
        ),
        spec=batch.v1.CronJobSpecArgs(
            schedule=job.schedule,
            time_zone="Etc/UTC",
            concurrency_policy="Forbid",
            starting_deadline_seconds=LATE_S,
            # What they did is in the logs; one of each is there to look at.
            successful_jobs_history_limit=1,
            failed_jobs_history_limit=1,
            job_template=batch.v1.JobTemplateSpecArgs(
                metadata=meta.v1.ObjectMetaArgs(labels=labels(job.name)), spec=spec
            ),
        ),
        opts=opts,
    )


def _digest(args: TaskArgs) -> str:
    """What the job is made of, shortly; no secret values are in a description."""
    parts = [asdict(args.job), args.placement.images[args.job.image], args.version]
    return hashlib.sha256(json.dumps(parts, default=str, sort_keys=True).encode()).hexdigest()[:8]
