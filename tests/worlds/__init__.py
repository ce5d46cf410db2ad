"""Dataset folders with planted answers, written in well under a second each."""

from tests.worlds.checkerboard import checkerboard, group_of
from tests.worlds.extremes import EXTREMES
from tests.worlds.faults import FAULTS
from tests.worlds.folder import World, write_world
from tests.worlds.media import add_media
from tests.worlds.variants import VARIANTS

__all__ = ["EXTREMES", "FAULTS", "VARIANTS", "World", "add_media", "checkerboard", "group_of", "write_world"]
