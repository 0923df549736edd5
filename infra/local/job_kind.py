"""Kind `Job`: a command that runs to its end, by the launcher, as services do."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from infra.local import launch
from infra.local.kinds import Difference, Inputs, Problem, changed
from infra.local.logs import job_log, last_lines, redacted
from infra.local.records import Records
from infra.local.spec import ProcessSpec, ReplicaSpec, resolver, scratch_of
from infra.local.state import StackPaths
from infra.local.supervision import prepare_files, prepare_folders, user_problem
from infra.local.supervisord import locked, write_private
from infra.local.values import UNKNOWN

__all__ = ["JobFailedError", "JobKind"]

OUTPUTS = ("outcome",)
DONE, SKIPPED, MISSING = "done", "skipped", "missing"
KEPT_LOG_BYTES = 1_000_000


class JobFailedError(Exception):
    """A job ended with an error or not at all; the message ends with its last lines."""

    def __init__(self, name: str, how: str, log: list[str]) -> None:
        shown = "\n".join(f"  {line}" for line in log) or "  (nothing)"
        super().__init__(f"job {name} {how}\nthe last lines of its log:\n{shown}")
        self.name, self.log = name, log


class JobKind:
    """See `infra.local.kinds.Kind`."""

    secrets: tuple[str, ...] = ("secret_environment", "secret_files")

    def __init__(self, paths: StackPaths) -> None:
        self._paths = paths
        self._records = Records(paths)

    def check(self, name: str, inputs: Inputs) -> list[Problem]:
        known = {key: value for key, value in inputs.items() if value != UNKNOWN}
        problems = _spec(name, known).problems()
        if reason := user_problem(known.get("user")):
            problems.append(("user", reason))
        if known.get("deadline_s", 1) <= 0:
            problems.append(("deadline_s", f"found {known['deadline_s']}, allowed: above 0 s"))
        return [found for found in problems if inputs.get(found[0].partition(".")[0]) != UNKNOWN]

    def diff(self, name: str, old: Inputs, new: Inputs) -> Difference:
        live = ("outcome",) if self._is_undone(name, new) else ()
        return Difference(update=changed(old, new, OUTPUTS), live=live)

    def preview(self, name: str, inputs: Inputs) -> dict[str, Any]:
        del name, inputs
        return {"outcome": UNKNOWN}

    def create(self, name: str, inputs: Inputs) -> dict[str, Any]:
        self._paths.prepare()
        self._records.prepare()
        with locked(self._records.folder / "specs" / f"{name}.job.lock"):
            if inputs.get("creates") and not self._is_undone(name, inputs):
                return {"outcome": SKIPPED}
            self._run(_spec(name, inputs), float(inputs.get("deadline_s") or 60.0))
        if self._is_undone(name, inputs):
            raise JobFailedError(name, f"ended well but did not make {inputs['creates']}", [])
        return {"outcome": DONE}

    def read(self, name: str, state: Inputs) -> dict[str, Any]:
        outcome = state.get("outcome")
        return {"outcome": MISSING if self._is_undone(name, state) else outcome}

    def update(self, name: str, old: Inputs, new: Inputs) -> dict[str, Any]:
        del old
        return self.create(name, new)

    def delete(self, name: str, state: Inputs) -> None:
        """What a job did is kept; its files are not."""
        del state
        for folder in (self._paths.etc(name), self._paths.run / name):
            shutil.rmtree(folder, ignore_errors=True)

    def _is_undone(self, name: str, inputs: Inputs) -> bool:
        creates = inputs.get("creates")
        if not creates or UNKNOWN in creates:
            return False
        return not Path(resolver(_spec(name, inputs), 0, self._paths)(creates)).exists()

    def _run(self, spec: ProcessSpec, deadline_s: float) -> None:
        prepare_files(spec, self._paths)
        prepare_folders(spec, 0, self._paths)
        replica = ReplicaSpec.of(spec, 0, self._paths)
        spec_file = self._records.folder / "specs" / f"{spec.name}.job.json"
        pid_file = self._records.folder / "specs" / f"{spec.name}.job.pid"
        lock = self._records.folder / "locks" / f"{spec.name}.job.lock"
        write_private(spec_file, json.dumps({**asdict(replica), "digest": ""}))
        write_private(pid_file, str(os.getpid()), mode=0o644)
        log = job_log(self._paths, spec.name)
        with suppress(FileNotFoundError):
            if log.stat().st_size > KEPT_LOG_BYTES:
                log.replace(log.with_suffix(".log.1"))
        try:
            with log.open("ab") as output:
                os.fchmod(output.fileno(), 0o640)
                begin = output.tell()
                command = [sys.executable, "-I", "-S", launch.__file__]
                # The launcher asks for a signal at the death of its parent, which for the kernel is
                # the thread that started it: this one, which stays until the job is over.
                process = subprocess.Popen(
                    [*command, str(spec_file), str(lock), str(pid_file)],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            how = _wait(process, deadline_s)
        finally:
            for path in (spec_file, pid_file):
                path.unlink(missing_ok=True)
            shutil.rmtree(scratch_of(spec, 0, self._paths), ignore_errors=True)
        launch.end_leftovers(lock, stop=signal.SIGTERM, grace_s=launch.ORPHAN_GRACE_S)
        if how:
            secrets = spec.secrets()
            raise JobFailedError(
                spec.name, how, [redacted(line, secrets) for line in last_lines(log, since=begin)]
            )


def _wait(process: "subprocess.Popen[bytes]", deadline_s: float) -> str:
    """Wait for the end; "" when it was a good one, else how it ended."""
    try:
        code = process.wait(deadline_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGTERM)
        time.sleep(0.5)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"was ended: found no end after {deadline_s:g} s (deadline_s)"
    return f"failed with exit status {code}" if code else ""


def _spec(name: str, inputs: Inputs) -> ProcessSpec:
    return ProcessSpec.from_json({**inputs, "name": name})
