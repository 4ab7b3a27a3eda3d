"""What a request holds: the bytes of one picture or sound, or instances in JSON."""

import json
import math
from typing import Any

from kerasdl.app.trained import Trained
from kerasdl.errors import BadInput

# One file, or instances.
Request = bytes | list[Any]
FILES = ("images", "sounds")
_TYPES: dict[str, tuple[type, str]] = {
    "table": (dict, "rows, each an object of cells by column"),
    "series": (dict, "rows, each an object of cells by column"),
    "texts": (str, "texts"),
    "sequences": (list, "sequences, each a list of steps, each a number or a list of one for each channel"),
}
_CELLS = (str, int, float, bool, type(None))


class NotJson(BadInput):
    """Raised for a body that is no JSON.

    Example:
        >>> raise NotJson("The body is no JSON. Received: 3 bytes")
        Traceback (most recent call last):
        kerasdl.serving.requests.NotJson: The body is no JSON. Received: 3 bytes
    """


def request_of(trained: Trained, body: bytes) -> Request:
    """The request that a body holds.

    Args:
        trained: The run that is asked.
        body: Of a run on pictures or sounds the file itself, else {"instances": […]} in JSON.

    Raises:
        NotJson: The body is no JSON.
        BadInput: It has no instances, or not of the kind that the run takes.
    """
    if trained.kind in FILES:
        return body
    given = _parsed(body)
    kind, said = _TYPES[trained.kind]
    instances = given.get("instances") if isinstance(given, dict) and len(given) == 1 else None
    if not isinstance(instances, list) or not instances or not all(isinstance(each, kind) for each in instances):
        raise BadInput(f'Send {{"instances": […]}} with {said}. Received: {_short(given)}')
    for row in instances if kind is dict else ():
        if wrong := [name for name, cell in row.items() if not isinstance(cell, _CELLS)]:
            raise BadInput(
                f"A cell is a text, a number, true, false, or null where it is missing: correct {wrong[0]!r}. "
                f"Received: {_short(row[wrong[0]])}"
            )
    return instances


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        why = str(error) or type(error).__name__
        raise NotJson(
            f"The body is no JSON ({why}): see GET / for an example. Received: {len(body):,} bytes"
        ) from error


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON, a missing value is null")


def _finite(digits: str) -> float:
    return found if math.isfinite(found := float(digits)) else _refuse(digits)


def _short(given: Any) -> str:
    written = json.dumps(given, ensure_ascii=False)
    return written if len(written) <= 80 else f"{written[:79]}…"
