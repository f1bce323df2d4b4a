"""Every table of the core, for migrations: importing this module registers them all."""

from registry.attachments import models as attachments
from registry.audit import models as audit
from registry.business_plan import models as business_plan
from registry.db import Base
from registry.documents import models as documents
from registry.effects import models as effects
from registry.effects.kolada import models as kolada
from registry.followup import models as followup
from registry.guidance import models as guidance
from registry.host import models as host
from registry.jobs import models as jobs
from registry.notices import models as notices
from registry.people import models as people
from registry.plan import models as plan
from registry.reporting import models as reporting
from registry.reporting.attaching import models as attaching

# An id is never used twice: the log tells people and things apart by it.
for _table in Base.metadata.tables.values():
    _table.dialect_kwargs["sqlite_autoincrement"] = True

__all__ = [
    "attaching",
    "attachments",
    "audit",
    "business_plan",
    "documents",
    "effects",
    "followup",
    "guidance",
    "host",
    "jobs",
    "kolada",
    "notices",
    "people",
    "plan",
    "reporting",
]
