"""The invented people of a demo, and those of them whose password everyone may know."""

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Flask

from registry.config import Settings
from registry.people.models import Board, Role, RoleGrant, User
from registry.people.passwords import hash_password

PASSWORD = "trygg-demo-2021"  # noqa: S105  it stands on the demo's sign-in page
HOST = "demo.example"


@dataclass(frozen=True)
class Person:
    """Someone of the demo; the role's scope is ``board``, or ``domain`` with its title."""

    address: str
    name: str
    role: Role
    board: str = ""
    domain: str | None = None
    domain_title: str = ""

    @property
    def email(self) -> str:
        return f"{self.address}@{HOST}"


@dataclass(frozen=True)
class Colleagues:
    """Who reports and who approves for a board; ``key`` is their part of the address."""

    key: str
    reporter: str
    approver: str


COORDINATOR = Person("samordnare", "Karin Lindqvist", Role.COORDINATOR)
COLLEAGUES = {
    "Kommunstyrelsen": Colleagues("ks", "Henrik Åkesson", "Lena Hallström"),
    "Gatu- och samhällsmiljönämnden": Colleagues("gatu", "Jonas Wiklund", "Anna-Lena Berg"),
    "Plan- och byggnadsnämnden": Colleagues("plan", "Sara Nyström", "Björn Ekdahl"),
    "Miljö- och hälsoskyddsnämnden": Colleagues("miljo", "Petra Sundin", "Olle Granath"),
    "Räddningsnämnden": Colleagues("raddning", "Mikael Forsgren", "Ulrika Dahl"),
    "Utbildningsnämnden": Colleagues("utbildning", "Emma Söderlund", "Tomas Viklander"),
    "Arbetsmarknadsnämnden": Colleagues("arbetsmarknad", "Yusuf Demir", "Gunilla Ros"),
    "Kulturnämnden": Colleagues("kultur", "Klara Öberg", "Per Malmsten"),
    "Idrotts- och fritidsnämnden": Colleagues("fritid", "David Lundmark", "Maria Hedin"),
    "Äldrenämnden": Colleagues("aldre", "Birgitta Norling", "Stefan Kvist"),
    "Omsorgsnämnden": Colleagues("omsorg", "Fatima Rahimi", "Göran Lantz"),
    "Socialnämnden": Colleagues("social", "Amira Haddad", "Eva Strömberg"),
    "Överförmyndarnämnden": Colleagues("overformyndare", "Linda Backman", "Rolf Edling"),
    "Uppsala Stadshus AB": Colleagues("stadshus", "Marcus Thelin", "Inger Palm"),
    "Uppsalahem AB": Colleagues("uppsalahem", "Nadja Petrović", "Fredrik Ahlgren"),
    "Uppsala Vatten och Avfall AB": Colleagues("vatten", "Johan Rydell", "Susanne Frisk"),
    "Uppsala Skolfastigheter AB": Colleagues("skolfastigheter", "Kim Lundin", "Agneta Brolin"),
    "Uppsala Kommun Förvaltningsfastigheter AB": Colleagues(
        "forvaltning", "Erik Sjödin", "Monica Hjelm"
    ),
    "Uppsala Kommun Sport- och Rekreationsfastigheter AB": Colleagues(
        "sport", "Oskar Lindh", "Helena Wass"
    ),
    "AB Uppsala Kommuns Industrihus": Colleagues("industrihus", "Rickard Boman", "Eva-Lis Kjell"),
    "Fyrishov AB": Colleagues("fyrishov", "Hanna Krantz", "Leif Sandell"),
    "Uppsala kommun Arenor och Fastigheter AB": Colleagues("arenor", "Erik Sjödin", "Helena Wass"),
}
_CAN_SIGN_IN = (
    "Socialnämnden",
    "Räddningsnämnden",
    "Gatu- och samhällsmiljönämnden",
    "Uppsalahem AB",
)


def reporter(board: str) -> Person:
    who = COLLEAGUES[board]
    return Person(f"rapportor.{who.key}", who.reporter, Role.REPORTER, board)


def approver(board: str) -> Person:
    who = COLLEAGUES[board]
    return Person(f"godkannare.{who.key}", who.approver, Role.APPROVER, board)


# Those who can sign in, with one password. The others are invited and have chosen none.
SIGN_INS = (
    COORDINATOR,
    *(person(board) for board in _CAN_SIGN_IN for person in (reporter, approver)),
    Person("kommunstyrelsen", "Margareta Lundgren", Role.EXECUTIVE),
    Person(
        "krisberedskap",
        "Anders Bergvall",
        Role.DOMAIN_LEAD,
        domain="crisis_preparedness",
        domain_title="Krisberedskap",
    ),
    Person("revisor", "Kerstin Holm", Role.AUDITOR),
    Person("admin", "Daniel Öst", Role.ADMIN),
)


def init_app(app: Flask, settings: Settings) -> None:
    """A demo's sign-in page names its accounts; no other installation's does."""
    if settings.demo:
        app.jinja_env.globals.update(demo_sign_ins=SIGN_INS, demo_password=PASSWORD)


def password_hash() -> str:
    """One for all, made before the write lock is taken."""
    return hash_password(PASSWORD)


def users(boards: Iterable[Board], hashed: str) -> list[User]:
    """The demo's people as new rows."""
    by_name = {board.name: board for board in boards}
    colleagues = [person(board) for board in by_name for person in (reporter, approver)]
    everyone = {one.email: one for one in (*SIGN_INS, *colleagues)}
    known = {one.email for one in SIGN_INS}
    return [
        User(
            email=email,
            name=one.name,
            password_hash=hashed if email in known else None,
            grants=[RoleGrant(role=one.role, board=by_name.get(one.board), domain=one.domain)],
        )
        for email, one in everyone.items()
    ]
