"""Workers on Ray: an actor for each, spread over the machines of a cluster."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from kerasdl.errors import BadInput
from kerasdl.launch import process
from kerasdl.launch.job import Worker
from kerasdl.launch.process import LOST, Process
from kerasdl.optional import import_optional

# Seconds: for a place in the cluster, and for an answer of a machine that may be lost.
_PLACED, _ANSWERS = 120.0, 60.0
_LOCAL = "local"
# Of Ray's store for objects, which no worker uses; Ray's least.
_STORE_BYTES = 80 * 2**20


class RayCluster:
    """A Ray cluster, and places for workers in it.

    Args:
        address: "ray://HOST:10001", "auto" for the cluster of this machine, or "local" to start one here.
        workers: How many.
        cpus: CPU cores for each.
        gpus: GPUs for each.

    Raises:
        ModuleNotFoundError: Ray is not installed.
        BadInput: There is no cluster at the address.
    """

    def __init__(self, address: str, *, workers: int, cpus: int = 1, gpus: int = 0) -> None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        self._ray = import_optional("ray")
        self._of_each = {"CPU": cpus, **({"GPU": gpus} if gpus else {})}
        self._workers = workers
        self._group: Any = None
        started: dict[str, Any] = {}
        if address == _LOCAL:
            print("Starting Ray on this machine", flush=True)
            started = {"num_cpus": max(os.cpu_count() or 1, workers * cpus), "_node_ip_address": "127.0.0.1"}
            started |= {"include_dashboard": False, "object_store_memory": _STORE_BYTES}
        try:
            self._ray.init(address=address, log_to_driver=False, logging_level="ERROR", **started)
        except (ConnectionError, ValueError) as error:
            raise BadInput(
                f"No Ray cluster answers: start one (ray start --head), or one of this machine (--address {_LOCAL}). "
                f"Received: --address {address}"
            ) from error
        # Otherwise an actor would import all of this package, with TensorFlow.
        self._ray.cloudpickle.register_pickle_by_value(process)

    def __enter__(self) -> "RayCluster":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._ray.shutdown()

    def place(self) -> list[Worker]:
        """Workers that have not started, on as many machines as there are.

        Raises:
            BadInput: The cluster has no place for all.
        """
        if self._group is not None:
            self._ray.util.remove_placement_group(self._group)
        self._group = self._ray.util.placement_group([self._of_each] * self._workers, strategy="SPREAD")
        if not self._group.wait(_PLACED):
            has = {name: self._ray.cluster_resources().get(name, 0) for name in self._of_each}
            raise BadInput(
                f"The cluster has no place for all workers: use fewer, or smaller ones (--cpus, --gpus). Received: "
                f"{self._workers} workers of {self._of_each}, and {has} in all"
            )
        scheduling = self._ray.util.scheduling_strategies.PlacementGroupSchedulingStrategy
        actors = [
            self._ray.remote(Process).options(
                num_cpus=self._of_each["CPU"],
                num_gpus=self._of_each.get("GPU", 0),
                scheduling_strategy=scheduling(self._group, index),
            )
            for index in range(self._workers)
        ]
        return [_Actor(self._ray, each.remote(self._ray.util.get_node_ip_address)) for each in actors]


class _Actor:
    """A process within an actor. It is lost if its machine does not answer."""

    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray, self._actor = ray, actor

    def address(self) -> str:
        return self._ask("address")

    def start(self, arguments: Sequence[str], environment: Mapping[str, str], folder: str) -> None:
        self._ask("start", list(arguments), dict(environment), folder)

    def poll(self) -> tuple[bytes, int | None]:
        try:
            return self._ask("poll")
        except self._lost:
            return b"", LOST

    def send(self, number: int) -> None:
        with contextlib.suppress(*self._lost):
            self._ask("send", int(number))

    def end(self) -> None:
        with contextlib.suppress(*self._lost):
            self._ask("end")
        self._ray.kill(self._actor)

    @property
    def _lost(self) -> tuple[type[Exception], ...]:
        return self._ray.exceptions.RayActorError, self._ray.exceptions.GetTimeoutError

    def _ask(self, name: str, *arguments: Any) -> Any:
        return self._ray.get(getattr(self._actor, name).remote(*arguments), timeout=_ANSWERS)
