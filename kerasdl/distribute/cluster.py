"""The workers of a job, as the environment variable TF_CONFIG names them."""

import json
import os
from dataclasses import dataclass
from itertools import chain
from typing import Any

from kerasdl.errors import BadInput

_FORM = '{"cluster": {"worker": ["host1:12345", "host2:12345"]}, "task": {"type": "worker", "index": 0}}'


@dataclass(frozen=True)
class Cluster:
    """The workers of a job, the chief first, and which of them this process is.

    Attributes:
        addresses: "host:port" of each worker; empty without TF_CONFIG.
        worker: Number of this process.
    """

    addresses: tuple[str, ...] = ()
    worker: int = 0


def cluster() -> Cluster:
    """Read TF_CONFIG.

    Raises:
        BadInput: TF_CONFIG is no JSON, has tasks that are no workers, or this process is none of them.

    Example:
        >>> cluster()
        Cluster(addresses=(), worker=0)
    """
    text = os.environ.get("TF_CONFIG", "").strip()
    if not text:
        return Cluster()
    try:
        found = json.loads(text)
        jobs, task = found.get("cluster") or {}, found.get("task") or {}
        addresses = {job: list(jobs[job]) for job in ("chief", "worker") if job in jobs}
    except (ValueError, AttributeError, TypeError) as error:
        raise _bad(f"TF_CONFIG must be JSON ({error})", text) from error
    if others := [job for job in (*jobs, task.get("type", "worker")) if job not in ("chief", "worker")]:
        raise _bad(f"All tasks train: TF_CONFIG may name a chief and workers, but no {others[0]!r}", text)
    if not addresses:
        return Cluster()
    return Cluster(tuple(chain(*addresses.values())), _number(addresses, task, text))


def _number(addresses: dict[str, list[str]], task: dict[str, Any], text: str) -> int:
    job, index = task.get("type", "worker"), task.get("index", 0)
    if not isinstance(index, int) or not 0 <= index < len(addresses.get(job, [])):
        raise _bad(f"TF_CONFIG gives this process a task that the cluster does not have, {job} {index}", text)
    return number_of(job, index)


def number_of(job: str, index: int) -> int:
    """The number of a task among all workers.

    Args:
        job: "chief" or "worker".
        index: As TensorFlow counts the tasks of a job.

    Example:
        >>> number_of("worker", 1)
        1
    """
    found = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster") or {}
    return index + (len(found.get("chief", [])) if job == "worker" else 0)


def _bad(message: str, text: str) -> BadInput:
    return BadInput(f"{message}. Write it as {_FORM}. Received: TF_CONFIG={text!r}")


def workers() -> int:
    """Number of processes that train together; 1 without TF_CONFIG.

    Example:
        >>> kerasdl.distribute.workers()
        1
    """
    return max(1, len(cluster().addresses))


def worker() -> int:
    """Number of this process among those that train together, from 0.

    Example:
        >>> kerasdl.distribute.worker()
        0
    """
    return cluster().worker


def is_chief() -> bool:
    """Whether this process is the one that writes what all would write: checkpoints, logs, results.

    Example:
        >>> kerasdl.distribute.is_chief()
        True
    """
    return worker() == 0
