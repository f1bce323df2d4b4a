"""Who may do what: one table of permissions, one table of endpoints.

Deny by default: an endpoint that is not in ``ENDPOINTS`` is answered to nobody, and the app does
not start with one. Use cases ask again with :func:`require`, for the board or domain at hand.
"""

from dataclasses import dataclass
from enum import StrEnum

from registry.people.models import BOARD_ROLES, DOMAIN_ROLES, Role


class Permission(StrEnum):
    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    READ_PLAN = "read_plan"
    EDIT_PLAN = "edit_plan"
    IMPORT_PLAN = "import_plan"
    EDIT_EFFECTS = "edit_effects"
    READ_BUSINESS_PLAN = "read_business_plan"
    EDIT_BUSINESS_PLAN = "edit_business_plan"
    MANAGE_BOARDS = "manage_boards"
    MANAGE_ROUNDS = "manage_rounds"
    READ_REPORTS = "read_reports"
    WRITE_REPORTS = "write_reports"
    SUBMIT_REPORTS = "submit_reports"
    REVIEW_REPORTS = "review_reports"
    READ_COMMENTS = "read_comments"
    WRITE_COMMENTS = "write_comments"
    READ_NOTES = "read_notes"
    WRITE_NOTES = "write_notes"
    READ_FOLLOWUP = "read_followup"
    WRITE_FOLLOWUP = "write_followup"
    DECIDE_FOLLOWUP = "decide_followup"
    PUBLISH_FOLLOWUP = "publish_followup"
    MANAGE_DOCUMENTS = "manage_documents"
    READ_AUDIT = "read_audit"
    MANAGE_USERS = "manage_users"
    MANAGE_PLUGINS = "manage_plugins"
    READ_DOMAIN = "read_domain"
    READ_SECRETS = "read_secrets"
    OWN_WORK = "own_work"  # what waits for a board or for the coordinator
    SEND_NOTICES = "send_notices"
    EDIT_GUIDANCE = "edit_guidance"


EVERY_ROLE = frozenset(Role)

HOLDERS: dict[Permission, frozenset[Role]] = {
    Permission.READ_PLAN: EVERY_ROLE,
    Permission.EDIT_PLAN: frozenset({Role.COORDINATOR}),
    Permission.IMPORT_PLAN: frozenset({Role.COORDINATOR}),
    Permission.EDIT_EFFECTS: frozenset({Role.COORDINATOR, Role.REPORTER, Role.APPROVER}),
    Permission.READ_BUSINESS_PLAN: EVERY_ROLE - {Role.ADMIN},
    Permission.EDIT_BUSINESS_PLAN: frozenset({Role.COORDINATOR, Role.REPORTER, Role.APPROVER}),
    Permission.MANAGE_BOARDS: frozenset({Role.COORDINATOR}),
    Permission.MANAGE_ROUNDS: frozenset({Role.COORDINATOR}),
    Permission.READ_REPORTS: EVERY_ROLE - {Role.ADMIN},
    Permission.WRITE_REPORTS: BOARD_ROLES,
    Permission.SUBMIT_REPORTS: frozenset({Role.APPROVER}),
    Permission.REVIEW_REPORTS: frozenset({Role.COORDINATOR}),
    Permission.READ_COMMENTS: BOARD_ROLES | DOMAIN_ROLES | {Role.COORDINATOR, Role.AUDITOR},
    Permission.WRITE_COMMENTS: BOARD_ROLES | DOMAIN_ROLES | {Role.COORDINATOR},
    Permission.READ_NOTES: BOARD_ROLES | {Role.COORDINATOR},
    Permission.WRITE_NOTES: BOARD_ROLES,
    Permission.READ_FOLLOWUP: EVERY_ROLE - {Role.ADMIN},
    Permission.WRITE_FOLLOWUP: frozenset({Role.COORDINATOR, Role.DOMAIN_LEAD}),
    Permission.DECIDE_FOLLOWUP: frozenset({Role.COORDINATOR, Role.EXECUTIVE}),
    Permission.PUBLISH_FOLLOWUP: frozenset({Role.COORDINATOR}),
    Permission.MANAGE_DOCUMENTS: frozenset({Role.COORDINATOR}),
    Permission.READ_AUDIT: frozenset({Role.AUDITOR}),
    Permission.MANAGE_USERS: frozenset({Role.ADMIN}),
    Permission.MANAGE_PLUGINS: frozenset({Role.ADMIN}),
    Permission.READ_DOMAIN: EVERY_ROLE - {Role.ADMIN},
    Permission.OWN_WORK: BOARD_ROLES | {Role.COORDINATOR},
    Permission.SEND_NOTICES: frozenset({Role.COORDINATOR}),
    Permission.EDIT_GUIDANCE: frozenset({Role.COORDINATOR}),
}

ENDPOINTS: dict[str, Permission] = {
    "static": Permission.PUBLIC,
    "health.live": Permission.PUBLIC,
    "health.ready": Permission.PUBLIC,
    # public pages
    "publication.home": Permission.PUBLIC,
    "publication.plan": Permission.PUBLIC,
    "publication.measure": Permission.PUBLIC,
    "publication.followup": Permission.PUBLIC,
    "publication.cookies": Permission.PUBLIC,
    "publication.accessibility": Permission.PUBLIC,
    # people
    "people.sign_in": Permission.PUBLIC,
    "people.sign_out": Permission.SIGNED_IN,
    "people.account": Permission.SIGNED_IN,
    "people.invitation": Permission.PUBLIC,
    "people.boards": Permission.MANAGE_BOARDS,
    "people.new_board": Permission.MANAGE_BOARDS,
    "people.edit_board": Permission.MANAGE_BOARDS,
    # plan
    "plan.current": Permission.READ_PLAN,
    "plan.plans": Permission.READ_PLAN,
    "plan.new_plan": Permission.EDIT_PLAN,
    "plan.version": Permission.READ_PLAN,
    "plan.edit_version": Permission.EDIT_PLAN,
    "plan.edit_structure": Permission.EDIT_PLAN,
    "plan.publish": Permission.EDIT_PLAN,
    "plan.measures": Permission.READ_PLAN,
    "plan.measure": Permission.READ_PLAN,
    "plan.new_measure": Permission.EDIT_PLAN,
    "plan.edit_measure": Permission.EDIT_PLAN,
    "plan.new_group": Permission.EDIT_PLAN,
    "plan.edit_group": Permission.EDIT_PLAN,
    "plan.new_area": Permission.EDIT_PLAN,
    "plan.edit_area": Permission.EDIT_PLAN,
    "plan.new_subgoal": Permission.EDIT_PLAN,
    "plan.edit_subgoal": Permission.EDIT_PLAN,
    "plan.new_activity": Permission.EDIT_PLAN,
    "plan.edit_activity": Permission.EDIT_PLAN,
    "plan.new_metric": Permission.EDIT_EFFECTS,
    "plan.take_metric": Permission.EDIT_PLAN,
    "plan.edit_metric": Permission.EDIT_EFFECTS,
    "plan.new_method": Permission.EDIT_EFFECTS,
    "plan.edit_method": Permission.EDIT_EFFECTS,
    "plan.move": Permission.EDIT_PLAN,
    "plan.delete": Permission.EDIT_PLAN,
    # the boards' own plans
    "business_plan.overview": Permission.READ_BUSINESS_PLAN,
    "business_plan.board": Permission.READ_BUSINESS_PLAN,
    "business_plan.edit": Permission.EDIT_BUSINESS_PLAN,
    "business_plan.copy": Permission.EDIT_BUSINESS_PLAN,
    "business_plan.decide": Permission.EDIT_BUSINESS_PLAN,
    # effect metrics and their values
    "effects.metrics": Permission.READ_PLAN,
    "effects.compare": Permission.READ_PLAN,
    "effects.metric": Permission.READ_PLAN,
    "effects.values_csv": Permission.READ_PLAN,
    "effects.chart_svg": Permission.READ_PLAN,
    "effects.chart_png": Permission.READ_PLAN,
    "effects.new_value": Permission.EDIT_EFFECTS,
    "effects.value_files": Permission.EDIT_EFFECTS,
    "effects.remove_value_file": Permission.EDIT_EFFECTS,
    "effects.value_file": Permission.READ_PLAN,
    "effects.edit_value": Permission.EDIT_EFFECTS,
    "kolada.overview": Permission.EDIT_PLAN,
    "kolada.start": Permission.EDIT_PLAN,
    "kolada.upload": Permission.EDIT_PLAN,
    "kolada.metric": Permission.EDIT_EFFECTS,
    "kolada.start_metric": Permission.EDIT_EFFECTS,
    "kolada.compare": Permission.EDIT_EFFECTS,
    "kolada.fetch": Permission.EDIT_EFFECTS,
    "kolada.confirm": Permission.EDIT_EFFECTS,
    "kolada.drop": Permission.EDIT_EFFECTS,
    # import
    "importing.upload": Permission.IMPORT_PLAN,
    "importing.columns": Permission.IMPORT_PLAN,
    "importing.preview": Permission.IMPORT_PLAN,
    "importing.confirm": Permission.IMPORT_PLAN,
    "importing.result": Permission.IMPORT_PLAN,
    # reporting
    "reporting.my_work": Permission.OWN_WORK,
    "reporting.rounds": Permission.READ_REPORTS,
    "reporting.new_round": Permission.MANAGE_ROUNDS,
    "reporting.round": Permission.READ_REPORTS,
    "reporting.edit_round": Permission.MANAGE_ROUNDS,
    "reporting.own_days": Permission.MANAGE_ROUNDS,
    "reporting.remove_own_day": Permission.MANAGE_ROUNDS,
    "reporting.close_round": Permission.MANAGE_ROUNDS,
    "reporting.reopen_round": Permission.MANAGE_ROUNDS,
    "reporting.report": Permission.READ_REPORTS,
    "reporting.item": Permission.WRITE_REPORTS,
    "reporting.table": Permission.WRITE_REPORTS,
    "reporting.save_row": Permission.WRITE_REPORTS,
    "reporting.hand_over": Permission.WRITE_REPORTS,
    "reporting.take_back": Permission.WRITE_REPORTS,
    "reporting.hand_back": Permission.WRITE_REPORTS,
    "reporting.comments": Permission.READ_COMMENTS,
    "reporting.comment": Permission.WRITE_COMMENTS,
    "reporting.comment_item": Permission.WRITE_COMMENTS,
    "reporting.settle_comment": Permission.WRITE_COMMENTS,
    "reporting.notes": Permission.READ_NOTES,
    "reporting.add_note": Permission.WRITE_NOTES,
    "reporting.edit_note": Permission.WRITE_NOTES,
    "reporting.delete_note": Permission.WRITE_NOTES,
    "reporting.submit": Permission.SUBMIT_REPORTS,
    "reporting.accept": Permission.REVIEW_REPORTS,
    "reporting.return_report": Permission.REVIEW_REPORTS,
    "attaching.item": Permission.WRITE_REPORTS,
    "attaching.remove": Permission.WRITE_REPORTS,
    "attaching.download": Permission.READ_REPORTS,
    "workbook.upload": Permission.WRITE_REPORTS,
    "workbook.download": Permission.WRITE_REPORTS,
    "workbook.preview": Permission.WRITE_REPORTS,
    # follow-up
    "followup.latest": Permission.READ_FOLLOWUP,
    "followup.round": Permission.READ_FOLLOWUP,
    "followup.effects": Permission.READ_FOLLOWUP,
    "followup.newest": Permission.READ_FOLLOWUP,
    "followup.overview": Permission.READ_FOLLOWUP,
    "followup.all_gaps": Permission.READ_FOLLOWUP,
    "followup.remind": Permission.SEND_NOTICES,
    "followup.area": Permission.READ_FOLLOWUP,
    "followup.board": Permission.READ_FOLLOWUP,
    "followup.compare": Permission.READ_FOLLOWUP,
    "followup.edition": Permission.READ_FOLLOWUP,
    "followup.text": Permission.WRITE_FOLLOWUP,
    "followup.decision": Permission.DECIDE_FOLLOWUP,
    "followup.publish": Permission.PUBLISH_FOLLOWUP,
    # documents
    "documents.report": Permission.READ_REPORTS,
    "documents.followup": Permission.READ_FOLLOWUP,
    "documents.plan": Permission.READ_PLAN,
    "documents.public_plan": Permission.PUBLIC,
    "documents.public_followup": Permission.PUBLIC,
    "documents.templates": Permission.MANAGE_DOCUMENTS,
    "documents.template": Permission.MANAGE_DOCUMENTS,
    "documents.example": Permission.MANAGE_DOCUMENTS,
    "documents.remove_template": Permission.MANAGE_DOCUMENTS,
    # domains
    "domains.secrets": Permission.READ_DOMAIN,
    "domains.clocks": Permission.READ_PLAN,
    "domains.calendar": Permission.READ_PLAN,
    "domains.upload": Permission.EDIT_PLAN,
    "domains.confirm": Permission.EDIT_PLAN,
    # jobs: everybody's own
    "jobs.jobs": Permission.SIGNED_IN,
    "jobs.job": Permission.SIGNED_IN,
    "jobs.progress": Permission.SIGNED_IN,
    "jobs.cancel": Permission.SIGNED_IN,
    "jobs.product": Permission.SIGNED_IN,
    # alerts and mail: everybody's own; a notice is for those it was sent to
    "notices.alerts": Permission.SIGNED_IN,
    "notices.open_alert": Permission.SIGNED_IN,
    "notices.read_alerts": Permission.SIGNED_IN,
    "notices.mail_choices": Permission.SIGNED_IN,
    "notices.notice": Permission.SIGNED_IN,
    "notices.read_notice": Permission.SIGNED_IN,
    "notices.notices": Permission.SEND_NOTICES,
    "notices.new_notice": Permission.SEND_NOTICES,
    "notices.outbox": Permission.MANAGE_USERS,
    "notices.send_again": Permission.MANAGE_USERS,
    "notices.give_up": Permission.MANAGE_USERS,
    # guidance
    "guidance.pages": Permission.READ_PLAN,
    "guidance.page": Permission.READ_PLAN,
    "guidance.new_page": Permission.EDIT_GUIDANCE,
    "guidance.edit_page": Permission.EDIT_GUIDANCE,
    "guidance.remove_page": Permission.EDIT_GUIDANCE,
    # audit
    "audit.entries": Permission.READ_AUDIT,
    # administration
    "admin.plugins": Permission.MANAGE_PLUGINS,
    "admin.plugin": Permission.MANAGE_PLUGINS,
    "admin.switch_plugin": Permission.MANAGE_PLUGINS,
    "admin.approve_plugin": Permission.MANAGE_PLUGINS,
    "admin.release_plugin": Permission.MANAGE_PLUGINS,
    "admin.users": Permission.MANAGE_USERS,
    "admin.new_user": Permission.MANAGE_USERS,
    "admin.edit_user": Permission.MANAGE_USERS,
    "admin.give_role": Permission.MANAGE_USERS,
    "admin.take_role": Permission.MANAGE_USERS,
    "admin.give_clearance": Permission.MANAGE_USERS,
    "admin.take_clearance": Permission.MANAGE_USERS,
    "admin.switch_user": Permission.MANAGE_USERS,
    "admin.invite": Permission.MANAGE_USERS,
    "admin.remove_user": Permission.MANAGE_USERS,
}


@dataclass(frozen=True)
class Grant:
    role: Role
    board_id: int | None = None
    domain: str | None = None


@dataclass(frozen=True)
class Viewer:
    """Whoever asks: a signed-in person with grants, or nobody (``user_id`` is ``None``)."""

    user_id: int | None = None
    name: str = ""
    email: str = ""
    sign_in_id: int | None = None
    grants: frozenset[Grant] = frozenset()
    clearances: frozenset[str] = frozenset()  # domains whose secret answers may be opened

    @property
    def signed_in(self) -> bool:
        return self.user_id is not None

    @property
    def roles(self) -> frozenset[Role]:
        return frozenset(grant.role for grant in self.grants)

    def boards(self, permission: Permission) -> frozenset[int]:
        """The boards for which a board role gives this permission."""
        return frozenset(
            grant.board_id
            for grant in self.grants
            if grant.board_id is not None and grant.role in HOLDERS[permission]
        )

    def only_board(self, permission: Permission) -> int | None:
        """The board of someone who has this permission for one board, and no wider role."""
        boards = self.boards(permission)
        wide = any(grant.board_id is None for grant in self.grants)
        return None if wide or len(boards) != 1 else next(iter(boards))

    def domains(self, permission: Permission) -> frozenset[str]:
        return frozenset(
            grant.domain
            for grant in self.grants
            if grant.domain is not None and grant.role in HOLDERS[permission]
        )


NOBODY = Viewer()
# Whoever may run commands on the server may administer; in the log such changes have no actor.
OPERATOR = Viewer(name="command line", grants=frozenset({Grant(Role.ADMIN)}))


class Denied(Exception):
    """The viewer lacks a permission. The person is told where to turn, never what was there."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(permission.value)
        self.permission = permission


def may(
    viewer: Viewer,
    permission: Permission,
    *,
    board_id: int | None = None,
    domain: str | None = None,
) -> bool:
    """Whether the viewer holds the permission, for the board or domain if one is named.

    Without board and domain: whether the viewer holds it anywhere.
    """
    if permission is Permission.PUBLIC:
        return True
    if permission is Permission.SIGNED_IN:
        return viewer.signed_in
    if permission is Permission.READ_SECRETS:  # no role gives it
        return domain is not None and domain in viewer.clearances
    holders = HOLDERS[permission]
    for grant in viewer.grants:
        if grant.role not in holders:
            continue
        if grant.role in BOARD_ROLES and board_id is not None and grant.board_id != board_id:
            continue
        if grant.role in DOMAIN_ROLES and domain is not None and grant.domain != domain:
            continue
        return True
    return False


def require(
    viewer: Viewer,
    permission: Permission,
    *,
    board_id: int | None = None,
    domain: str | None = None,
) -> None:
    """:raises Denied: unless the viewer may."""
    if not may(viewer, permission, board_id=board_id, domain=domain):
        raise Denied(permission)
