"""Python's language reference, which every Python has: texts that need no download."""

from collections import Counter
from pydoc_data.topics import topics

# Topics that are classes.
CLASSES = 12
# Characters; a shorter paragraph rarely says what it is about.
SHORTEST = 60


def chapters() -> list[str]:
    """The topics, one text each.

    Example:
        >>> len(chapters()) > 70
        True
    """
    return [topics[name] for name in sorted(topics)]


def paragraphs() -> tuple[list[str], list[str]]:
    """Paragraphs of the dozen topics that have the most, and the topic of each.

    Left out are short paragraphs, and those that occur twice, because several topics share them.

    Example:
        >>> documents, names = paragraphs()
        >>> len(documents) == len(names), len(set(names))
        (True, 12)
    """
    found = [(each.strip(), name) for name in sorted(topics) for each in topics[name].split("\n\n")]
    times = Counter(each for each, _ in found)
    kept = [(each, name) for each, name in found if len(each) >= SHORTEST and times[each] == 1]
    longest = {name for name, _ in Counter(name for _, name in kept).most_common(CLASSES)}
    return [each for each, name in kept if name in longest], [name for _, name in kept if name in longest]
