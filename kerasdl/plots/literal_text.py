"""Text as the user wrote it: no formulas, and letters of any script."""

import contextlib
import textwrap
from functools import cache
from unicodedata import category, east_asian_width

from matplotlib.font_manager import findfont, fontManager, get_font
from matplotlib.text import Text

# Of a title over a sample.
LONGEST_TITLE = 300
# Drawn in place of a letter that no font has.
NO_LETTER = "\u25a1"
# Matplotlib's fonts for formulas, and one that has a box for everything.
NOT_FOR_TEXT = ("cm", "STIX", "Last Resort")


def literal(text: Text) -> Text:
    """Let a text be drawn as it is: "$" begins no formula, and other fonts have the letters that its own lacks.

    A letter that no installed font has becomes a box, as Matplotlib draws it, but without its warning.

    Returns:
        The same text.

    Example:
        >>> literal(Text(0, 0, "cost in $"))
        Text(0, 0, 'cost in $')
    """
    written, own = text.get_text(), text.get_fontproperties()
    others, missing = _fonts_with(frozenset(map(ord, written)) - _letters(findfont(own)) - {ord("\n")})
    text.set(parse_math=False, fontfamily=[*own.get_family(), *others])
    text.set_text(written.translate({each: "" if _is_part_of_a_letter(chr(each)) else NO_LETTER for each in missing}))
    return text


def width_of(text: str) -> int:
    """The columns that a text takes in a font of one width: letters of East Asia take two, and accents none.

    Example:
        >>> width_of("film"), width_of("電影")
        (4, 4)
    """
    return sum(2 if east_asian_width(each) in "WF" else not _is_part_of_a_letter(each) for each in text)


def shortened(text: str, most: int) -> str:
    r"""A text in one line, without its middle if it has more than `most` letters.

    Example:
        >>> shortened("a very long\nname of a column", 12)
        'a very…olumn'
    """
    text = " ".join(text.split())
    if len(text) <= most:
        return text
    end = (most - 1) // 2
    return f"{text[: most - 1 - end]}…{text[len(text) - end :]}"


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text, of at most as many columns.

    Example:
        >>> wrapped("a film of two hours", 12), wrapped("電影", 3)
        (['a film of', 'two hours'], ['電', '影'])
    """
    # As many letters as take the columns on average.
    letters = width * len(text) // max(width_of(text), 1)
    return textwrap.wrap(text, max(letters, 1), break_on_hyphens=False)


def title_lines(title: str, width: int) -> list[str]:
    """The lines of a title over a sample; one with hundreds of names or numbers loses its middle.

    Example:
        >>> title_lines("predicted cat, actual dog", 14)
        ['predicted cat,', 'actual dog']
    """
    return wrapped(shortened(title, LONGEST_TITLE), width)


def _is_part_of_a_letter(letter: str) -> bool:
    """Whether it is an accent, or tells how the letters beside it look."""
    return category(letter).startswith("M") or category(letter) == "Cf"


@cache
def _fonts_with(letters: frozenset[int]) -> tuple[list[str], frozenset[int]]:
    """Installed fonts that have some of these letters, those without serifs first; and the letters that none has."""
    plain = {font.name: font.fname for font in fontManager.ttflist if (font.style, font.weight) == ("normal", 400)}
    found = []
    for name in sorted(plain, key=lambda name: ("Sans" not in name, name)):
        if not letters:
            break
        # An installed font may be broken, or gone.
        with contextlib.suppress(OSError, RuntimeError):
            if not name.startswith(NOT_FOR_TEXT) and (has := letters & get_font(plain[name]).get_charmap().keys()):
                found.append(name)
                letters -= has
    return found, letters


@cache
def _letters(path: str) -> frozenset[int]:
    return frozenset(get_font(path).get_charmap())
