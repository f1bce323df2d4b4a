"""Pages of guidance."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from registry.db import Base, Locked, now, text_enum
from registry.words import Word
from registry.words import lazy as _l


class GuidancePlace(Word):
    """The page or form beside which a guidance page is shown."""

    HOME = "home", _l("Att göra")
    REPORT_ITEM = "report_item", _l("Återrapport om en åtgärd")
    EFFECT_METHOD = "effect_method", _l("Metod för att mäta effekt")
    METRIC = "metric", _l("Effektmått")
    BUSINESS_PLAN = "business_plan", _l("Verksamhetsplan eller affärsplan")
    MEASURE = "measure", _l("Åtgärd")
    ROUND = "round", _l("Omgång")


class GuidancePage(Locked, Base):
    """A page of guidance; ``body`` is Markdown. Without a place it stands in the list only."""

    __tablename__ = "guidance_page"
    __table_args__ = (sa.Index("ix_guidance_page_place", "place", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    body: Mapped[str] = mapped_column(default="")
    place: Mapped[GuidancePlace | None] = mapped_column(text_enum(GuidancePlace))
    position: Mapped[int] = mapped_column(default=0)
    published: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(default=now, info={"audit": False})
