"""A world to try Handoff in: invented people, their agreement, and eight weeks of its story up to now."""

from handoff.demo.world import DemoRefused, load

__all__ = ["DemoRefused", "load"]
