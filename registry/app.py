"""Assembly of the registry: one call per line, in the order in which a request meets them."""

from pathlib import Path
from typing import Any

from flask import Flask

from registry import addresses, config, db, health, language, logs, pages, security
from registry.admin import views as admin_views
from registry.audit import log as audit_log
from registry.audit import views as audit_views
from registry.business_plan import views as business_plan_views
from registry.demo import accounts as demo_accounts
from registry.documents import service as documents
from registry.documents import views as documents_views
from registry.domains import standing
from registry.domains import views as domains_views
from registry.effects import kolada
from registry.effects import views as effects_views
from registry.effects.kolada import views as kolada_views
from registry.followup import views as followup_views
from registry.guidance import beside
from registry.guidance import views as guidance_views
from registry.host import active, calls, loading, vault
from registry.host import pages as domain_pages
from registry.jobs import queue as job_queue
from registry.jobs import service as jobs
from registry.jobs import views as jobs_views
from registry.notices import listeners
from registry.notices import views as notices_views
from registry.people import limits, passwords, sessions
from registry.people import views as people_views
from registry.plan import views as plan_views
from registry.plan.importing import views as import_views
from registry.publication import views as publication_views
from registry.reporting import views as reporting_views
from registry.reporting.attaching import views as attaching_views
from registry.reporting.workbook import views as workbook_views


def create_app(instance: str | Path | None = None, **overrides: Any) -> Flask:
    """Build the application for one installation.

    :param instance: folder with database, configuration and keys; else ``REGISTRY_INSTANCE``,
        else ``./instance``.
    :param overrides: settings by name, for tests.
    :raises registry.config.ConfigError: when a setting is unknown or wrong.
    """
    settings = config.load_settings(Path(instance) if instance else None, **overrides)
    app = Flask("registry", template_folder=str(pages.folder("templates")))
    app.extensions["settings"] = settings

    addresses.init_app(app)
    logs.init_app(app, settings)
    security.init_app(app, settings)
    language.init_app(app, settings)
    db.init_app(app, settings)
    audit_log.init_app(app)
    passwords.init_app(app, settings)
    sessions.init_app(app, settings)
    limits.init_app(app, settings)
    security.guard_forms(app)
    loading.init_app(app, settings, pages.folder("plugins"))
    active.init_app(app)
    calls.init_app(app, settings)
    vault.init_app(app, settings, audit_log.record)
    standing.init_app(app)
    job_queue.init_app(app, settings)
    jobs.init_app(app)
    listeners.init_app(app)
    beside.init_app(app)
    documents.init_app(app)
    kolada.init_app(app)
    pages.init_app(app, settings)
    demo_accounts.init_app(app, settings)

    app.register_blueprint(health.bp)
    app.register_blueprint(people_views.bp)
    app.register_blueprint(publication_views.bp)
    app.register_blueprint(plan_views.bp)
    app.register_blueprint(import_views.bp)
    app.register_blueprint(effects_views.bp)
    app.register_blueprint(kolada_views.bp)
    app.register_blueprint(business_plan_views.bp)
    app.register_blueprint(reporting_views.bp)
    app.register_blueprint(attaching_views.bp)
    app.register_blueprint(workbook_views.bp)
    app.register_blueprint(followup_views.bp)
    app.register_blueprint(documents_views.bp)
    app.register_blueprint(domains_views.bp)
    app.register_blueprint(jobs_views.bp)
    app.register_blueprint(notices_views.bp)
    app.register_blueprint(guidance_views.bp)
    app.register_blueprint(audit_views.bp)
    app.register_blueprint(admin_views.bp)
    domain_pages.init_app(app)

    sessions.check_endpoints(app)
    return app
