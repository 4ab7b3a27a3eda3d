"""report.html: one page on a run, made of the files in its folder alone."""

from pathlib import Path

REPORT = "report.html"


def report(path: Path) -> str:
    """The page on a run."""
    return f"<!DOCTYPE html><title>{path.name}</title>"
