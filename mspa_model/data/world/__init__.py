"""The sample world: a made-up platform with real media and planted truth, made by a seeded generator."""

from mspa_model.data.world.make import make_world
from mspa_model.data.world.plan import WorldConfig

__all__ = ["WorldConfig", "make_world"]
