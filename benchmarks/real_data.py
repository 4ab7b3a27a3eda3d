"""Where the benchmarks find real data: below the folder that KERASDL_DATA names."""

import os
import sys
from pathlib import Path


def real_data(path: str) -> Path:
    """A file or folder below that folder; without it, the program ends with one line."""
    folder = os.environ.get("KERASDL_DATA")
    if not folder or not (found := Path(folder) / path).exists():
        sys.exit(f"KERASDL_DATA must name a folder with {path}. Received: {folder!r}")
    return found
