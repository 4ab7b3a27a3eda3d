from collections import Counter

from kerasdl.runs.language_reference import chapters, paragraphs


def test_paragraphs_of_a_dozen_topics():
    documents, names = paragraphs()
    assert (documents, names) == paragraphs()
    assert len(set(documents)) == len(documents) == len(names) > 500
    counts = Counter(names)
    assert len(counts) == 12
    assert min(counts.values()) >= 10
    assert {"debugger", "string-methods"} <= set(counts)
    assert min(map(len, documents)) >= 60
    assert all(sum(each in chapter for chapter in chapters()) == 1 for each in documents[::40])
