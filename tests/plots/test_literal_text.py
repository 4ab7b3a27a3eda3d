import matplotlib.font_manager
import pytest
from kerasdl.plots.figure import new_figure
from kerasdl.plots.literal_text import literal, shortened, title_lines, width_of, wrapped

EVERYTHING = "a $b_c$ d\\e\n\x00\ud800 שלום مرحبا हिन्दी 電影 ❤️ 😀"


@pytest.mark.parametrize("family", ["sans-serif", "monospace"])
def test_any_text_is_drawn_without_a_warning(family, drawn):
    """Warnings are errors: of a formula that does not parse, and of letters that a font lacks."""
    figure, axes = new_figure()
    text = literal(axes[0, 0].text(0, 0, EVERYTHING, fontfamily=family))
    drawn(figure)
    assert text.get_text().startswith("a $b_c$ d\\e\n□□ שלום")
    assert not text.get_parse_math()


def test_letters_that_another_font_has_are_drawn_with_it():
    """DejaVu Sans Mono has no Hebrew, DejaVu Sans has."""
    _, axes = new_figure()
    assert literal(axes[0, 0].text(0, 0, "שלום", fontfamily="monospace")).get_fontfamily() == [
        "monospace",
        "DejaVu Sans",
    ]
    assert literal(axes[0, 0].text(0, 0, "film", fontfamily="monospace")).get_fontfamily() == ["monospace"]


def test_letters_that_no_font_has_are_boxes_without_their_accents(monkeypatch):
    monkeypatch.setattr(matplotlib.font_manager.fontManager, "ttflist", [])
    _, axes = new_figure()
    assert literal(axes[0, 0].text(0, 0, "a हि b")).get_text() == "a □ b"


def test_the_middle_of_a_long_text_is_left_out():
    assert shortened("abc\n def", 7) == "abc def"
    assert shortened("abcdefgh", 7) == "abc…fgh"
    assert len(shortened("x" * 1000, 30)) == 30


def test_lines_are_as_wide_as_their_letters():
    assert [width_of(each) for each in ("film", "電影", "e\u0301")] == [4, 4, 1]
    assert wrapped("電影電影", 4) == ["電影", "電影"]
    assert wrapped("a well-known film", 12) == ["a well-known", "film"]
    assert wrapped("", 9) == []


def test_the_title_of_a_sample_with_hundreds_of_targets_stays_a_title():
    title = ", ".join(f"target_{number} 0.5" for number in range(500))
    lines = title_lines(title, 20)
    assert len(lines) < 40
    assert lines[0].startswith("target_0 0.5")
    assert lines[-1].endswith("target_499 0.5")
