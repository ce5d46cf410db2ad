"""The closed lists of what is planted: which values a streamer can have, and which modality shows each."""

from dataclasses import dataclass

from mspa_model.types import Modality


@dataclass(frozen=True)
class Aspect:
    """One planted aspect: the modality that shows it, and its closed list of values."""

    name: str
    modality: Modality
    values: tuple[str, ...]


SCENES = ("bedroom", "kitchen", "stage", "garden", "workshop", "library", "beach", "rooftop")
LIGHTINGS = ("daylight", "neon", "candlelight", "moonlight")
OBJECTS = ("guitar", "cat", "cake", "game screen", "easel", "balloons")
STYLES = ("pads", "chiptune", "drums", "plucked strings", "piano", "organ")
TEMPOS = ("slow", "medium", "fast")
VOICES = ("deep", "bright", "whisper", "none")
TOPICS = ("cooking", "retro games", "folk songs", "gardening", "drawing", "fitness", "night sky", "travel")
TONES = ("calm", "joking", "competitive", "tender")

ASPECTS: tuple[Aspect, ...] = (
    Aspect("scene", Modality.VISUAL, SCENES),
    Aspect("lighting", Modality.VISUAL, LIGHTINGS),
    Aspect("object", Modality.VISUAL, OBJECTS),
    Aspect("style", Modality.AUDIO, STYLES),
    Aspect("tempo", Modality.AUDIO, TEMPOS),
    Aspect("voice", Modality.AUDIO, VOICES),
    Aspect("topic", Modality.TEXT, TOPICS),
    Aspect("tone", Modality.TEXT, TONES),
)
ASPECT_NAMES: tuple[str, ...] = tuple(aspect.name for aspect in ASPECTS)
# a coarse shelf that a platform would file a topic under; the column is this with noise, so it helps and misleads
CATEGORY_OF_TOPIC = {
    "cooking": "Home",
    "gardening": "Home",
    "retro games": "Gaming",
    "folk songs": "Music",
    "drawing": "Creative",
    "fitness": "Sports",
    "night sky": "Learning",
    "travel": "Outdoors",
}
CATEGORIES = ("Home", "Gaming", "Music", "Creative", "Sports", "Learning", "Outdoors", "Just chatting")
LANGUAGES = ("English", "Spanish", "German")


def aspects_of(modality: Modality) -> tuple[Aspect, ...]:
    """The aspects that one modality shows, in order."""
    return tuple(aspect for aspect in ASPECTS if aspect.modality is modality)
