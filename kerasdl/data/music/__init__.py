"""Music in voices: chorales from CSV files, generated chord progressions, and MIDI files.

A piece is an array (steps, voices) of MIDI note numbers, 60 for middle C, from the highest voice to the lowest; 0 is a
rest. A note that follows itself in a voice is held.
"""

from kerasdl.data.music.chorales import chorales
from kerasdl.data.music.consonance import consonance
from kerasdl.data.music.midi_file import midi_bytes, read_midi
from kerasdl.data.music.padding import padded
from kerasdl.data.music.progressions import progressions

__all__ = ["chorales", "consonance", "midi_bytes", "padded", "progressions", "read_midi"]
