"""Readable text of tokens: capitals, repetitions and line breaks again, and spaces where people write them."""

import re
from collections.abc import Iterable, Iterator

from kerasdl.layers.text_rules import MAJ, NEW_LINE, REP, UP

_CHANGES = {MAJ: lambda word: word[:1].upper() + word[1:], UP: str.upper, REP: lambda word: word * 3}
_ENDING = re.compile(r"[.,;:!?…%)\]}]+|['\u2019](?:s|re|ve|ll|d|m)|n['\u2019]t")
_OPENING = frozenset("([{$#/\\")
_NO_SPACE_BEFORE = frozenset("/\\")
_QUOTES = frozenset("\"'")


def readable_words(tokens: Iterable[str]) -> Iterator[tuple[str, int]]:
    r"""The text of tokens of `layers.text_rules`, word by word, each with the number of tokens that it is made of.

    An empty token is none of the text.

    Example:
        >>> tokens = "xxmaj is n't it xxup good xxrep ! xxnl ( really , ' good ' )".split()
        >>> "".join(word for word, count in readable_words(tokens))
        "Isn't it GOOD!!!\n(really, 'good')"
        >>> list(readable_words(tokens))[:4]
        [('Is', 2), ("n't", 1), (' it', 1), (' GOOD', 2)]
    """
    changes: list[str] = []
    opened: set[str] = set()
    is_joined = True
    for token in tokens:
        if token in _CHANGES:
            changes.append(token)
            continue
        if not token:
            yield "", 1
            continue
        if token == NEW_LINE:
            yield "\n", 1 + len(changes)
            changes, opened, is_joined = [], set(), True
            continue
        closes = token in opened
        ends = closes or token in _NO_SPACE_BEFORE or _ENDING.fullmatch(token) is not None
        yield ("" if is_joined or ends else " ") + _changed(token, changes), 1 + len(changes)
        is_joined = token in _OPENING or (token in _QUOTES and not closes)
        opened ^= _QUOTES & {token}
        changes = []
    if changes:
        yield "", len(changes)


def _changed(word: str, changes: list[str]) -> str:
    for change in changes:
        word = _CHANGES[change](word)
    return word


def readable_written(tokens: Iterable[str]) -> Iterator[tuple[str, int]]:
    r"""The text of tokens that whitespace separated, word by word, each with 1, the number of its tokens.

    An empty token is none of the text.

    Example:
        >>> "".join(word for word, _ in readable_written(["It", "'s", "xxnl", "good"]))
        "It 's\ngood"
    """
    space = ""
    for token in tokens:
        if token == NEW_LINE:
            yield "\n", 1
            space = ""
        else:
            yield space + token if token else "", 1
            space = " " if token else space
