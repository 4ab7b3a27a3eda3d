"""Readable text of tokens: capitals, repetitions and line breaks again, and spaces where people write them."""

import re
from collections.abc import Iterable

from kerasdl.layers.text_rules import MAJ, NEW_LINE, REP, UP

_CHANGES = {MAJ: lambda word: word[:1].upper() + word[1:], UP: str.upper, REP: lambda word: word * 3}
_ENDING = re.compile(r"[.,;:!?…%)\]}]+|['\u2019](?:s|re|ve|ll|d|m)|n['\u2019]t")
_OPENING = frozenset("([{$#/\\")
_NO_SPACE_BEFORE = frozenset("/\\")
_QUOTES = frozenset("\"'")


def joined_words(tokens: Iterable[str]) -> str:
    r"""The text of tokens of `layers.text_rules`, without their start.

    Example:
        >>> joined_words("xxmaj is n't it xxup good xxrep ! xxnl ( really , ' good ' )".split())
        "Isn't it GOOD!!!\n(really, 'good')"
    """
    found: list[str] = []
    changes: list[str] = []
    opened: set[str] = set()
    is_joined = True
    for token in tokens:
        if token in _CHANGES:
            changes.append(token)
            continue
        if token == NEW_LINE:
            found.append("\n")
            changes, opened, is_joined = [], set(), True
            continue
        closes = token in opened
        ends = closes or token in _NO_SPACE_BEFORE or _ENDING.fullmatch(token) is not None
        found.append("" if is_joined or ends else " ")
        found.append(_changed(token, changes))
        is_joined = token in _OPENING or (token in _QUOTES and not closes)
        opened ^= _QUOTES & {token}
        changes = []
    return "".join(found)


def _changed(word: str, changes: list[str]) -> str:
    for change in changes:
        word = _CHANGES[change](word)
    return word


def joined_written(tokens: Iterable[str]) -> str:
    r"""The text of tokens that whitespace separated, without their start.

    Example:
        >>> joined_written(["It", "'s", "xxnl", "good"])
        "It 's\ngood"
    """
    return re.sub(" ?\n ?", "\n", " ".join("\n" if token == NEW_LINE else token for token in tokens))
