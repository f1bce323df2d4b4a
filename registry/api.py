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
from registry.host.metrics import Metric, share, value_of
from registry.host.overview import overview_page, standing
from registry.host.own_tables import session, tables
from registry.host.values import (
    BoardReport,
    Chart,
    Clock,
    Gap,
    Importer,
    ImportRow,
    Issue,
    Level,
    Line,
    MeasureView,
    NavItem,
    Overview,
    Panel,
    ReportView,
    RoundView,
    Row,
    Standing,
    Subject,
    Table,
    Target,
)

__all__ = [
    "BoardReport",
    "Chart",
    "Choice",
    "Choices",
    "Clock",
    "Date",
    "Field",
    "Flag",
    "Gap",
    "ImportRow",
    "Importer",
    "Issue",
    "Level",
    "Line",
    "Link",
    "LongText",
    "MeasureView",
    "Metric",
    "Money",
    "NavItem",
    "Number",
    "Overview",
    "Panel",
    "Percent",
    "ReportView",
    "RoundView",
    "Row",
    "Standing",
    "Subject",
    "Table",
    "Target",
    "Text",
    "Whole",
    "hookimpl",
    "overview_page",
    "session",
    "share",
    "standing",
    "tables",
    "value_of",
]
