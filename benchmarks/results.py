"""What the longer benchmarks share: results kept in a file, so that a run goes on where it was broken off; CPU time."""

import json
import resource
from pathlib import Path
from typing import Any


def kept(results: Path | None) -> list[dict[str, Any]]:
    """What a file of results holds."""
    return [json.loads(line) for line in results.read_text().splitlines()] if results and results.exists() else []


def keep(results: Path | None, row: dict[str, Any]) -> None:
    """Print a result as it comes, and add it to the file, if there is to be one."""
    print(", ".join(f"{key} {shown(value)}" for key, value in row.items()), flush=True)
    if results:
        with results.open("a") as file:
            file.write(json.dumps(row) + "\n")


def shown(value: Any) -> str:
    """A number with four digits."""
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def cpu_seconds() -> float:
    """CPU time of this process, and of those it started that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
