"""The page of a run while tests ask it."""

import logging.config
from contextlib import contextmanager
from unittest.mock import patch

from kerasdl import app


@contextmanager
def served(run):
    """As `app.serve`; but uvicorn sets up no logging: absl's handler would close the stream that pytest captures."""
    with patch.object(logging.config, "dictConfig"), app.serve(run) as address:
        yield address
