import io
import struct

import numpy as np
import pytest
import soundfile
from kerasdl.data.sequences.audio.wav import read_wav, resampled

RATE = 8000
TONE = 0.5 * np.sin(2 * np.pi * 440 * np.arange(2000) / RATE)


def encoded(samples=TONE, rate=RATE, subtype="PCM_16", kind="WAV"):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype=subtype, format=kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("subtype", "error"),
    # Half of a step of the format, and a little more where libsndfile rounds down.
    [("PCM_U8", 2**-7), ("PCM_16", 2**-15), ("PCM_24", 2**-23), ("PCM_32", 2**-24), ("FLOAT", 1e-7), ("DOUBLE", 1e-7)],
)
def test_every_width_is_read(subtype, error):
    samples, rate = read_wav(encoded(subtype=subtype))
    assert (samples.dtype, samples.shape, rate) == (np.float32, (2000,), RATE)
    np.testing.assert_allclose(samples, TONE, atol=error)


def test_channels_are_averaged(tmp_path):
    path = tmp_path / "stereo.wav"
    path.write_bytes(encoded(np.stack([TONE, np.zeros(2000)], axis=1), subtype="FLOAT"))
    np.testing.assert_allclose(read_wav(path)[0], TONE / 2, atol=1e-7)


def test_more_than_two_channels_and_the_longer_header_that_they_need():
    several = np.stack([TONE, *[np.zeros(2000)] * 5], axis=1)
    np.testing.assert_allclose(read_wav(encoded(several, subtype="PCM_24", kind="WAVEX"))[0], TONE / 6, atol=2**-23)


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW"])
def test_telephone_sound_is_read(subtype):
    # Seven bits and a sign, on a logarithmic scale.
    np.testing.assert_allclose(read_wav(encoded(subtype=subtype))[0], TONE, atol=0.02)


@pytest.mark.parametrize("kind", ["FLAC", "AIFF", "RF64", "W64"])
def test_another_format_under_this_name_is_read_and_cut_short_it_is_named(kind):
    content = encoded(kind=kind)
    np.testing.assert_allclose(read_wav(content)[0], TONE, atol=2**-15)
    with pytest.raises(
        ValueError, match="Cut short: 1,000 of 4,.* bytes are there" if kind != "FLAC" else "Not a sound"
    ):
        read_wav(content[:1000])


@pytest.mark.parametrize(("rate", "wanted"), [(44_100, 16_000), (48_000, 16_000), (22_050, 8_000)])
def test_a_file_at_another_rate_has_its_length_in_seconds(rate, wanted):
    samples, found = read_wav(encoded(np.zeros(rate // 2), rate=rate))
    assert (found, len(resampled(samples, found, wanted))) == (rate, wanted // 2)


def test_a_tone_keeps_its_frequency_and_those_that_are_too_high_are_lost():
    steps = np.arange(44_100) / 44_100
    found = resampled(np.sin(2 * np.pi * 1000 * steps).astype("float32"), 44_100, 16_000)
    assert (found.dtype, len(found), int(np.abs(np.fft.rfft(found)).argmax())) == (np.float32, 16_000, 1000)
    np.testing.assert_allclose(found[1000:-1000], np.sin(2 * np.pi * np.arange(16_000) / 16)[1000:-1000], atol=1e-3)
    high = resampled(np.sin(2 * np.pi * 12_000 * steps).astype("float32"), 44_100, 16_000)
    assert np.abs(high[1000:-1000]).max() < 1e-3
    assert len(resampled(np.ones(1, np.float32), 44_100, 8_000)) == 1


def with_size(content, name, size):
    """The file with another size in the header of a chunk."""
    place = content.index(name) + 4
    return content[:place] + struct.pack("<I", size) + content[place + 4 :]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file is empty"),
        (encoded(TONE[:0]), "There are no samples"),
        (encoded()[:1000], r"Cut short: 956 of 4,000 bytes of 'data' are there"),
        (encoded()[:30], "Cut short: 10 of 16 bytes of 'fmt' are there"),
        (encoded()[:36], "Cut short: there are no samples"),
        (b"RIFF", "Not a sound that libsndfile reads"),
        (b"Dear Sir or Madam", r"Not a sound that libsndfile reads \(Format not recognised\)"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "Not a sound that libsndfile reads"),
        (encoded()[:22] + bytes(2) + encoded()[24:], r"libsndfile reads \(Channel count is zero\)"),
        (encoded(np.array([0.5, np.nan]), subtype="FLOAT"), "A sample is not a finite number"),
        (encoded(rate=10), "The header claims 10 samples per second"),
    ],
    ids=range(11),  # a file of floats holds the time at which it was written, and the workers compare ids
)
def test_what_is_wrong_is_said(content, reason):
    with pytest.raises(ValueError, match=reason):
        read_wav(content)


def test_a_stream_whose_end_was_unknown_is_read():
    assert len(read_wav(with_size(encoded(), b"data", 2**32 - 1))[0]) == 2000


def test_other_paths_are_named(tmp_path):
    with pytest.raises(ValueError, match="No such file or directory"):
        read_wav(tmp_path / "none.wav")
    with pytest.raises(ValueError, match="Not a file"):
        read_wav("/dev/zero")
