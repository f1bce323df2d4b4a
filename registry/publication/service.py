"""What is published: plans anyone may read, and measures of their published version."""

from registry.people.permissions import NOBODY
from registry.plan import sheet, structure


def plans() -> list[structure.VersionHead]:
    """The published version of each plan, the latest first."""
    return structure.heads(NOBODY)


def plan(plan_id: int) -> structure.PlanPage | None:
    """A plan as published; the same for everyone, signed in or not."""
    version_id = structure.published_id(plan_id)
    return None if version_id is None else structure.read(NOBODY, version_id)


def measure(plan_id: int, identity: str) -> sheet.Sheet | None:
    """A measure of the published version, by the identity it keeps through all versions."""
    return sheet.read_published(plan_id, identity)
