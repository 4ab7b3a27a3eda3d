"""One channel of samples from the bytes of a WAV file, at any sample rate; what is wrong with them is named."""

import io
import stat
import struct
from pathlib import Path

import numpy as np
from kerasdl.optional import import_optional

# Samples per second that a recorder may have; a damaged header gives anything.
RATES = 1_000, 768_000
# The size of a stream whose end the recorder did not know.
_UNKNOWN = 2**32 - 1
# Formats beside WAV that libsndfile reads cut short: how each begins, where its size stands and how, and the bytes that
# the size does not count. 64-bit WAV by the EBU and by Sony, and AIFF.
_SIZES = (
    (b"RF64", 20, "<Q", 8),
    (b"riff\x2e\x91\xcf\x11", 16, "<Q", 0),
    (b"FORM", 4, ">I", 8),
)


def read_wav(source: str | Path | bytes) -> tuple[np.ndarray, int]:
    """Reads a WAV file: 8, 16, 24 or 32 bits or floating-point numbers, mono, stereo or more channels.

    Several channels are averaged. What libsndfile recognizes under a wrong name, such as FLAC, is read, too.

    Args:
        source: The file, or its content.

    Returns:
        Samples float32 (count,), within -1..1 unless the file holds floating-point numbers; and their rate in Hertz.

    Raises:
        ValueError: The path leads to no file, or the content is no sound, cut short, empty, not finite, or of an
            impossible sample rate; the message is the reason.
        ModuleNotFoundError: soundfile is not installed.

    Example:
        >>> samples, rate = read_wav("digits/seven/7_jackson_0.wav")
        >>> samples.dtype, rate
        (dtype('float32'), 8000)
    """
    content = source if isinstance(source, bytes) else _content(Path(source))
    soundfile = import_optional("soundfile")
    if lost := _cut_short(content):
        raise ValueError(lost)
    try:
        samples, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        # Its text without a prefix that names a Python object.
        why = getattr(error, "error_string", str(error)).rstrip(".")
        raise ValueError(f"Not a sound that libsndfile reads ({why})") from error
    if not RATES[0] <= rate <= RATES[1]:
        raise ValueError(f"The header claims {rate:,} samples per second")
    if not samples.size:
        raise ValueError("There are no samples")
    if not np.isfinite(samples).all():
        raise ValueError("A sample is not a finite number")
    return samples.mean(axis=1, dtype=np.float32), rate


def resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Samples at another rate, without frequencies that it cannot hold.

    Args:
        samples: float32 (count,).
        rate: Their samples per second.
        wanted: Samples per second of the result.

    Returns:
        float32 (about count * wanted / rate,), at least one sample.

    Raises:
        ModuleNotFoundError: soxr is not installed.

    Example:
        >>> resampled(np.zeros(44_100, np.float32), 44_100, 16_000).shape
        (16000,)
    """
    if rate == wanted:
        return samples
    found = import_optional("soxr").resample(samples, rate, wanted)
    return found if len(found) else samples[:1]


def _content(path: Path) -> bytes:
    try:
        # A pipe or a device may never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValueError("Not a file")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error


def _cut_short(content: bytes) -> str:
    """What is missing at the end of a WAV file, which libsndfile would read without a word; empty if nothing is."""
    if not content:
        return "The file is empty"
    for beginning, place, size, more in _SIZES:
        if content.startswith(beginning) and len(content) >= place + 8:
            claimed = struct.unpack_from(size, content, place)[0] + more
            if claimed > len(content):
                return f"Cut short: {len(content):,} of {claimed:,} bytes are there"
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return ""
    place = 12
    while place + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, place)
        there = len(content) - place - 8
        if size > there and size != _UNKNOWN:
            return f"Cut short: {there:,} of {size:,} bytes of {name.decode('latin-1').strip()!r} are there"
        if name == b"data":
            return ""
        # Chunks begin at even bytes.
        place += 8 + size + size % 2
    return "Cut short: there are no samples"
