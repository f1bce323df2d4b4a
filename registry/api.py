"""Everything a plugin may import from the registry, and nothing else.

The meaning of each name stands with its definition in ``registry.host``; the list is the contract
of api version 1.0.
"""

from registry.host.fields import (
    Choice,
    Choices,
    Date,
    Field,
    Flag,
    Link,
    LongText,
    Money,
    Number,
    Percent,
    Text,
    Whole,
)
from registry.host.hookspecs import hookimpl
from registry.host.metrics import Metric
from registry.host.values import (
    Issue,
    Level,
    MeasureView,
    NavItem,
    ReportView,
    RoundView,
    Subject,
    Target,
)

__all__ = [
    "Choice",
    "Choices",
    "Date",
    "Field",
    "Flag",
    "Issue",
    "Level",
    "Link",
    "LongText",
    "MeasureView",
    "Metric",
    "Money",
    "NavItem",
    "Number",
    "Percent",
    "ReportView",
    "RoundView",
    "Subject",
    "Target",
    "Text",
    "Whole",
    "hookimpl",
]
