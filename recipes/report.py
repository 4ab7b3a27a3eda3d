"""Writes the report of an earlier run anew, or compares several runs on one page.

Every run ends with a report: report.html in its folder. This recipe makes it from what the folder holds, after a figure
or a text was added to it, or for a run that is not finished. Of several runs the page shows which options differ, what
came of it, and all their curves in one chart. A page stands alone: it can be sent, and needs no network.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from kerasdl import runs
from kerasdl.errors import BadInput


@dataclass(frozen=True)
class Config:
    folders: Annotated[tuple[Path, ...], runs.positional()]
    """Run folders: one for its report, several to compare them."""
    out: Path | None = None
    """The page to write; by default report.html in the folder of one run, or comparison.html here for several."""

    def __post_init__(self) -> None:
        if not self.folders:
            raise BadInput("Name the folder of a run, or those of several. Received: none")
        if self.out is not None and self.out.suffix != ".html":
            raise BadInput(f"The page must end in .html. Received: --out {self.out}")


def main(config: Config) -> None:
    first, *others = config.folders
    made = runs.comparison(config.folders) if others else runs.report(first)
    own = first / runs.REPORT
    page = config.out or (Path("comparison.html") if others else own)
    if others or page.resolve() != own.resolve():
        runs.check_output(page, [], option="--out")
    runs.write_page(page, made)
    print(page)


if __name__ == "__main__":
    runs.run_recipe(main, Config)
