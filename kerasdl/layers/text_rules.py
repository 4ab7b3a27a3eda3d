"""What makes tokens of raw texts inside a TextVectorization: fastai's rules, whitespace, or characters.

All of them work piece by piece. Cut a text just before whitespace that contains a line break: the tokens of the whole
are those of the first piece and, but for their start, those of the second.
"""

from typing import Any

import keras

START, UP, MAJ, REP, NEW_LINE = "xxbos", "xxup", "xxmaj", "xxrep", "xxnl"
START_OF_TEXT = "\x02"

# RE2's \s lacks the vertical tab, at which TensorFlow splits; its UTF-8 `lower` ends a text at U+0000.
_HTML = (
    # Line breaks first: they are not merged with the tags for one, because a text may be cut between the two.
    (r"\n[\s\v]*", f"  {NEW_LINE}  "),
    ("#39;|#146;|quot;", "'"),
    ("amp;", "&"),
    (r"nbsp;|[\v\x00]", " "),
    ("#36;", "$"),
    (r"(?:(?:\\n|<br ?/?>)\s*)+", f"  {NEW_LINE}  "),
    (r'\\"', '"'),
    ("<unk>", "xxunk"),
    (r" @([.,-])@ (\S)", r"\1\2"),
    (r"\.\.\.", " …"),
)


def _repeated(characters: str) -> tuple[str, str]:
    """The rule for characters that people repeat: RE2 has no backreferences, so one group for each, nine at most."""
    classes = [f"[{each}{each.upper()}]" if each.isalpha() else rf"\{each}" for each in characters]
    groups = "".join(rf"\{number}" for number in range(1, len(classes) + 1))
    return "|".join(f"({each}){each}{{2,}}" for each in classes), f" {REP} {groups} "


_REPEATED = tuple(map(_repeated, ("!?.-=*_~#", "$%&+<>:;,", "/|^abcdef", "ghijklmno", "pqrstuvwx", "yz")))
# Spaces are doubled where two matches meet: one that ends with a space would take that of the next.
_CASE = (
    (r"([/#\\])", r" \1 "),
    (r"\s+([A-Z.,])", r"  \1"),
    (r"(^|\s)([A-Z][^a-z\s]+)(\s|$)", rf"\1{UP} \2\3"),
    (r"(^|\s)([A-Z][^A-Z\s]*[a-z][^A-Z\s]*)(\s|$)", rf"\1{MAJ} \2\3"),
)
# RE2's \w knows ASCII only.
_LETTER, _QUOTE = r"[\pL\pN\pM_]", "['\u2019]"
_NO_LETTER = _LETTER.replace("[", "[^")
_WORDS = (
    (f"(^|{_NO_LETTER})({_QUOTE})", r"\1 \2 "),
    (f"({_QUOTE})($|{_NO_LETTER})", r" \1 \2"),
    (f"({_LETTER})(n{_QUOTE}t)($|{_NO_LETTER})", r"\1 \2\3"),
    (f"({_LETTER})({_QUOTE}(?:s|re|ve|ll|d|m))($|{_NO_LETTER})", r"\1 \2\3"),
    ("([^\\s\\pL\\pN\\pM_'\u2019.,+-])", r" \1 "),
    (r"(^|[^0-9])([.,])|([.,])([^0-9]|$)", r"\1 \2\3 \4"),
    # All whitespace but single spaces.
    (r"[\t\n\f\r]\s*| \s+", " "),
)
# The rules of `text_rules` and of `whitespace_rules`, for those who apply them without TensorFlow.
BEFORE_LOWER, AFTER_LOWER = (*_HTML, *_REPEATED, *_CASE), _WORDS
LINE_BREAKS = (("\\n", f" {NEW_LINE} "),)


@keras.saving.register_keras_serializable("kerasdl")
def text_rules(texts: Any) -> Any:
    """Clean raw texts, mark capitals and repetitions, lower the case, and separate all tokens by one space.

    The `standardize` of a `TextVectorization` that splits at whitespace; it travels inside the saved model. The rules
    are fastai 2.8.12's: "xxbos" first, "xxup" before a word in capitals, "xxmaj" before a capitalized one, "xxrep"
    before a character that was repeated three times or more. TensorFlow's regular expressions cannot count, so the
    number of repetitions is missing, and repeated words are left as they are. New lines become "xxnl", and punctuation
    is separated by rules instead of spaCy.

    Args:
        texts: Strings, of any shape.

    Returns:
        Strings of the same shape; that of an empty text is "xxbos".

    Example:
        >>> text_rules(tf.constant(["I LOVED this movie!!! It's GOOD"])).numpy()[0].decode()
        "xxbos i xxup loved this movie xxrep ! xxmaj it 's xxup good"
    """
    import tensorflow as tf

    texts = _replace(texts, *BEFORE_LOWER)
    texts = _replace(tf.strings.lower(texts, encoding="utf-8"), *AFTER_LOWER)
    return tf.strings.strip(tf.strings.join([f"{START} ", tf.strings.strip(texts)]))


@keras.saving.register_keras_serializable("kerasdl")
def whitespace_rules(texts: Any) -> Any:
    r"""Begin each text with "xxbos" and make each line break "xxnl": for texts that are tokenized already.

    The `standardize` of a `TextVectorization` that splits at whitespace, for the likes of Penn Treebank and WikiText.
    Nothing else changes. Their "<unk>" is the out-of-vocabulary token of a layer whose vocabulary lacks it.

    Args:
        texts: Strings, of any shape.

    Returns:
        Strings of the same shape.

    Example:
        >>> whitespace_rules(tf.constant(["the <unk> fell\n"])).numpy()[0].decode()
        'xxbos the <unk> fell xxnl '
    """
    import tensorflow as tf

    return tf.strings.join([f"{START} ", _replace(texts, *LINE_BREAKS)])


@keras.saving.register_keras_serializable("kerasdl")
def character_rules(texts: Any) -> Any:
    r"""Begin each text with U+0002, "start of text", and change nothing else.

    The `standardize` of a `TextVectorization` that splits into characters.

    Args:
        texts: Strings, of any shape.

    Returns:
        Strings of the same shape.

    Example:
        >>> character_rules(tf.constant(["Who?"])).numpy()[0].decode()
        '\x02Who?'
    """
    import tensorflow as tf

    return tf.strings.join([START_OF_TEXT, texts])


def _replace(texts: Any, *rules: tuple[str, str]) -> Any:
    import tensorflow as tf

    for pattern, replacement in rules:
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return texts
