"""Every table of the core, for migrations: importing this module registers them all."""

from registry.audit import models as audit
from registry.db import Base
from registry.documents import models as documents
from registry.effects import models as effects
from registry.host import models as host
from registry.people import models as people
from registry.plan import models as plan
from registry.reporting import models as reporting

# An id is never used twice: the log tells people and things apart by it.
for _table in Base.metadata.tables.values():
    _table.dialect_kwargs["sqlite_autoincrement"] = True

__all__ = ["audit", "documents", "effects", "host", "people", "plan", "reporting"]
