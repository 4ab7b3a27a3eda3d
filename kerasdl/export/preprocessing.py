"""What a reader without Keras needs to know of an exported model's preprocessing, and the reader."""

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import keras
import numpy as np
from kerasdl.errors import BadInput
from kerasdl.export.tables import column_names
from kerasdl.layers import DateFeature, NGrams, NumberFeature, character_rules, text_rules, whitespace_rules
from kerasdl.layers.text_rules import AFTER_LOWER, BEFORE_LOWER, LINE_BREAKS, START, START_OF_TEXT

READERS = Path(__file__).parent / "readers"
# In a pattern: all letters, numbers and marks, which Python's `re` has no name for.
LETTERS = "LETTERS"
Step = tuple[str, ...]
_STATISTICS = ("median", "mean", "std", "flag")


def save_reader(facts: Mapping[str, Any], folder: Path) -> None:
    """Write preprocessing.json, and preprocessing.py, which reads it and needs nothing but Python and NumPy.

    Args:
        facts: Of a `NumericCore`.
        folder: Where the model is.

    Example:
        >>> from kerasdl.export import numeric_core
        >>> save_reader(numeric_core(keras.models.load_model("pets.keras")).facts, Path("."))
    """
    (folder / "preprocessing.json").write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")
    if facts["kind"] != "numbers":
        shutil.copyfile(READERS / f"{facts['kind']}.py", folder / "preprocessing.py")


def column_facts(encoded: Any) -> list[dict[str, Any]]:
    """The columns of one input of a table's network, in order: name, kind and statistics or vocabulary of each.

    Args:
        encoded: The symbolic tensor that the network takes: of one preprocessor, or of several, joined.

    Raises:
        BadInput: A column has hashed values, or a preprocessor that is not ours.
    """
    layer = encoded._keras_history.operation
    if isinstance(layer, keras.layers.Concatenate):
        return [facts for each in layer._inbound_nodes[0].input_tensors for facts in column_facts(each)]
    names = column_names(layer._inbound_nodes[0].input_tensors[0])
    if isinstance(layer, NumberFeature):
        statistics = [np.broadcast_to(getattr(layer, name), len(names)).tolist() for name in _STATISTICS]
        return [
            {"name": name, "kind": "number", **dict(zip(_STATISTICS, each, strict=True)), "limit": layer.limit}
            for name, *each in zip(names, *statistics, strict=True)
        ]
    facts = {"name": names[0]}
    if isinstance(layer, DateFeature):
        return [{**facts, "kind": "date", **_chosen(layer, "mean", "std", "form")}]
    if isinstance(layer, keras.layers.StringLookup):
        return [{**facts, "kind": "category", "values": [str(each) for each in layer.get_vocabulary()]}]
    raise BadInput(
        f"Column {facts['name']!r} has too many values for a vocabulary, or a preprocessor that is not ours: only a "
        "SavedModel holds it. For the other formats train with fewer values, or leave the column out "
        f"(--kinds NAME 'left out'). Received: {type(layer).__name__}"
    )


def text_facts(vectorizer: Any) -> dict[str, Any]:
    """How a `TextVectorization` of ours makes tokens: steps for each text, how it is split, and the words.

    Raises:
        BadInput: The layer was not made by `data.text.Vocabulary`.
    """
    config = vectorizer.get_config()
    rest = {name: config[name] for name in ("ngrams", "output_mode", "output_sequence_length", "ragged")}
    plain = {"ngrams": None, "output_mode": "int", "output_sequence_length": None, "ragged": False}
    split = {text_rules: "whitespace", whitespace_rules: "whitespace", character_rules: "character"}
    rules = next((each for each in split if each is config["standardize"]), None)
    if rest != plain or rules is None or config["split"] != split[rules]:
        raise BadInput(
            "The tokenizer is not one of data.text.Vocabulary: only a SavedModel holds it. "
            f"Received: standardize={config['standardize']}, split={config['split']!r}, {rest}"
        )
    words = [str(each) for each in vectorizer.get_vocabulary()]
    facts: dict[str, Any] = {"split": split[rules], "words": words, "steps": _steps(rules)}
    return facts | (_characters() if rules is text_rules else {})


def code_facts(layer: NGrams) -> dict[str, Any]:
    """The vocabulary of n-grams, or their buckets."""
    facts = _chosen(layer, "vocabulary_size", "longest", "buckets")
    if layer.buckets is None:
        facts["codes"] = keras.ops.convert_to_numpy(layer.codes)[: layer.count].tolist()
    return {"ngrams": facts}


def _steps(rules: Any) -> list[Step]:
    if rules is character_rules:
        return [("begin", START_OF_TEXT)]
    if rules is whitespace_rules:
        return [*_replacements(LINE_BREAKS), ("begin", f"{START} ")]
    before, after = _replacements(BEFORE_LOWER), _replacements(AFTER_LOWER)
    return [*before, ("lower",), *after, ("strip",), ("begin", f"{START} "), ("strip",)]


def _replacements(rules: Iterable[tuple[str, str]]) -> list[Step]:
    return [("replace", as_python(pattern), replacement) for pattern, replacement in rules]


def as_python(pattern: str) -> str:
    r"""A regular expression of RE2, as TensorFlow has them, for Python's `re`.

    In RE2 \s is ASCII's whitespace without the vertical tab, and $ the end of the text alone. For the classes of
    letters, numbers and marks stands the word LETTERS.

    Example:
        >>> as_python(r"(\s|$)")
        '([\\t\\n\\f\\r ]|\\Z)'
    """
    space = r"\t\n\f\r "
    parts, inside = [], False
    for part in re.findall(r"\\pL\\pN\\pM|\\.|.", pattern, re.DOTALL):
        if part == r"\s":
            part = space if inside else f"[{space}]"
        elif part == r"\S":
            part = f"[^{space}]"
        elif part == r"\pL\pN\pM":
            part = LETTERS
        elif part == "$" and not inside:
            part = r"\Z"
        inside = part == "[" or (inside and part != "]")
        parts.append(part)
    return "".join(parts)


@cache
def _characters() -> dict[str, str]:
    """What TensorFlow takes for a letter, number or mark, and what it does not lower: its Unicode is not Python's."""
    import tensorflow as tf

    characters = [chr(code) for code in range(1, 0x110000) if not 0xD800 <= code <= 0xDFFF]
    with tf.device("CPU"):
        all_of_them = tf.constant(characters)
        is_letter = tf.strings.regex_full_match(all_of_them, r"[\pL\pN\pM]").numpy()
        lowered = tf.strings.lower(all_of_them, encoding="utf-8").numpy()
    codes = np.array([ord(each) for each in characters])[is_letter]
    starts = np.flatnonzero(np.diff(codes, prepend=-2) > 1)
    ends = np.append(starts[1:], len(codes)) - 1
    ranges = "".join(f"{chr(codes[low])}-{chr(codes[high])}" for low, high in zip(starts, ends, strict=True))
    kept = (each for each, low in zip(characters, lowered, strict=True) if each.lower() != each == low.decode())
    return {"letters": ranges, "not_lowered": "".join(kept)}


def _chosen(layer: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(layer, name) for name in names}
