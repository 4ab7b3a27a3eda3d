import matplotlib.pyplot as plt
import pytest
from kerasdl import plots
from kerasdl.runs import Lesson, LessonOptions, run_lesson


def main(options: LessonOptions) -> Lesson:
    figure = plots.bars({"seed": options.seed}, "number", "The seed")
    return Lesson("A seed is a number.", {"of the seed": options.seed + 0.25}, {"seed": figure}, {"raw.txt": b"7"})


def test_it_prints_the_point_and_the_numbers_and_saves_figures_and_files(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["lesson", "--out", str(tmp_path / "figures"), "--seed", "3"])
    with pytest.raises(SystemExit) as ended:
        run_lesson(main)
    assert ended.value.code in (None, 0)
    point, number, *files = capsys.readouterr().out.splitlines()
    assert (point, number) == ("A seed is a number.", "  3.25       of the seed")
    assert files == [f"  {tmp_path / 'figures' / name}" for name in ("seed.png", "raw.txt")]
    assert plt.imread(tmp_path / "figures" / "seed.png").ndim == 3
    assert (tmp_path / "figures" / "raw.txt").read_bytes() == b"7"
