"""text_rules: fastai's text rules as far as TensorFlow's regular expressions express them."""

from typing import Any

import keras

UP, MAJ, REP, NEW_LINE = "xxup", "xxmaj", "xxrep", "xxnl"

_HTML = (
    ("#39;|#146;|quot;", "'"),
    ("amp;", "&"),
    ("nbsp;", " "),
    ("#36;", "$"),
    (r"\\n|<br ?/?>", "\n"),
    (r'\\"', '"'),
    ("<unk>", "xxunk"),
    (" @([.,-])@ ", r"\1"),
    (r"\.\.\.", " …"),
)
# RE2 has no backreferences: one expression for each character that people repeat.
_REPEATED = tuple(
    (f"{'[' + each + each.upper() + ']' if each.isalpha() else chr(92) + each}{{3,}}", f" {REP} {each} ")
    for each in "!?.-=*_~#$%&+<>:;,/|^abcdefghijklmnopqrstuvwxyz"
)
# Spaces are doubled first: an expression that ends with a space would take the next word's.
_CASE = (
    (r"\s*\n\s*", f"  {NEW_LINE}  "),
    (r"([/#\\])", r" \1 "),
    (r"\s+", "  "),
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
    (r"\s+", " "),
)


@keras.saving.register_keras_serializable("kerasdl")
def text_rules(texts: Any) -> Any:
    """Clean raw texts, mark capitals and repetitions, lower the case, and separate all tokens by one space.

    The `standardize` of a `TextVectorization` that splits at whitespace; it travels inside the saved model. The rules
    are fastai 2.8.12's: "xxup" before a word in capitals, "xxmaj" before a capitalized one, "xxrep" before a character
    that was repeated three times or more. TensorFlow's regular expressions cannot count, so the number of repetitions
    is missing, and repeated words are left as they are. New lines become "xxnl", and punctuation is separated by rules
    instead of spaCy.

    Args:
        texts: Strings, of any shape.

    Returns:
        Strings of the same shape, without "xxbos".

    Example:
        >>> text_rules(tf.constant(["I LOVED this movie!!! It's GOOD"])).numpy()[0].decode()
        "i xxup loved this movie xxrep ! xxmaj it 's xxup good"
    """
    import tensorflow as tf

    for pattern, replacement in (*_HTML, *_REPEATED, *_CASE):
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    texts = tf.strings.lower(texts, encoding="utf-8")
    for pattern, replacement in _WORDS:
        texts = tf.strings.regex_replace(texts, pattern, replacement)
    return tf.strings.strip(texts)
