"""The command line: python -m kerasdl.launch [options] SCRIPT [options of the script]."""

import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from kerasdl.errors import BadInput
from kerasdl.launch.job import Job
from kerasdl.launch.on_ray import RayCluster
from kerasdl.launch.process import Process
from kerasdl.optional import import_optional

tyro = import_optional("tyro")


@dataclass(frozen=True)
class Options:
    """Trains with several workers, on this machine or on a Ray cluster.

    Each worker runs the same script, a recipe or your own, on its part of every batch. If one of them dies, all start
    again from the last checkpoint.
    """

    script: Annotated[Path, tyro.conf.Positional]
    """The script; what follows are its own options."""
    workers: int = 2
    """Number of workers."""
    address: str | None = None
    """Ray cluster: ray://HOST:10001, auto for that of this machine, or local to start one; by default no Ray."""
    cpus: int | None = None
    """CPU cores that Ray reserves for each worker; by default 1."""
    gpus: int | None = None
    """GPUs that Ray reserves for each worker; by default none."""
    restarts: int = 3
    """How often all workers are started again after one has died."""


def main(options: Options, arguments: Sequence[str]) -> int:
    """Runs the job; its exit status."""
    check(options)
    typed = shlex.join(["python", "-m", "kerasdl.launch", *sys.argv[1:]])
    environment = {"KERASDL_JOB": time.strftime("%Y%m%d-%H%M%S"), "KERASDL_COMMAND": typed}
    if not options.gpus:
        environment["CUDA_VISIBLE_DEVICES"] = ""
    of_job: dict[str, Any] = {"folder": str(Path.cwd()), "restarts": options.restarts, "environment": environment}
    command = [str(options.script), *arguments]
    if options.address is None:
        print(f"{options.workers} workers on this machine, without GPUs", flush=True)
        return Job(lambda: [Process() for _ in range(options.workers)], command, **of_job).run()
    reserved = {"workers": options.workers, "cpus": options.cpus or 1, "gpus": options.gpus or 0}
    with RayCluster(options.address, **reserved) as cluster:
        return Job(cluster.place, command, **of_job).run()


def check(options: Options) -> None:
    """Raises for options that cannot be meant.

    Raises:
        BadInput: A number out of range, Ray's options without Ray, or no such script.
    """
    cpus, gpus = 1 if options.cpus is None else options.cpus, options.gpus or 0
    if min(options.workers, cpus) < 1 or min(options.restarts, gpus) < 0:
        raise BadInput(f"At least one worker, one core, and no negative numbers. Received: {options}")
    if options.address is None and not (options.cpus is None and options.gpus is None):
        raise BadInput(
            f"--cpus and --gpus are for Ray: name the cluster (--address), or leave them out. Received: {options}"
        )
    if not options.script.is_file():
        raise BadInput(f"No such script. Received: {str(options.script)!r}")


def parsed(arguments: Sequence[str]) -> tuple[Options, list[str]]:
    """The options before the script, and the arguments behind it.

    Example:
        >>> parsed(["--workers", "4", "recipes/tabular.py", "--epochs", "3"])
        (Options(script=PosixPath('recipes/tabular.py'), workers=4, ...), ['--epochs', '3'])
    """
    ends = next((at for at, each in enumerate(arguments, start=1) if each.endswith(".py")), len(arguments))
    parse = partial(tyro.cli, Options, prog="python -m kerasdl.launch", args=list(arguments[:ends]))
    return parse(), list(arguments[ends:])


if __name__ == "__main__":
    try:
        sys.exit(main(*parsed(sys.argv[1:])))
    except (BadInput, ModuleNotFoundError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
