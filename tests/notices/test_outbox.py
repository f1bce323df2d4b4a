"""Mail goes through a real server, once, whatever breaks on the way."""

import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from registry.cli import main
from registry.config import ConfigError, Settings, load_settings
from registry.db import db, now
from registry.notices import outbox
from registry.notices.models import LetterState, OutboxMessage
from registry.notices.smtp import Fate, Letter, Post
from registry.people.models import Role
from tests.notices.conftest import login, server_context, set_up


def put(user, key="a", subject="Två nyheter"):
    with db.engine.begin() as connection:
        return outbox.put(
            connection, key, user.id, user.email, subject, "Räddningsnämnden <b>\n", "<p>å</p>"
        )


def letter(letter_id):
    """The letter as it is now, read without holding a transaction."""
    with db.engine.connect().execution_options(reading=True) as connection:
        wanted = sa.select(OutboxMessage.__table__).where(OutboxMessage.id == letter_id)
        return connection.execute(wanted).one()


def later(letter_id, **values):
    """Let time have passed for a letter."""
    with db.engine.begin() as connection:
        connection.execute(
            sa.update(OutboxMessage.__table__)
            .where(OutboxMessage.id == letter_id)
            .values(**(values or {"next_try_at": now() - timedelta(seconds=1)}))
        )


@pytest.fixture
def person(app, make_user):
    made = make_user("Åsa", Role.AUDITOR)
    db.session.rollback()
    return made


def test_a_letter_is_sent_once_while_no_transaction_is_open(app, server, person):
    first = put(person)
    assert put(person) is None, "the same key is the same letter"

    other, failures = sa.create_engine(db.engine.url, poolclass=sa.NullPool), []
    on_postgresql = other.dialect.name == "postgresql"
    impatient = "SET lock_timeout = 500" if on_postgresql else "PRAGMA busy_timeout = 500"

    def write_meanwhile():
        try:
            with other.begin() as connection:
                connection.exec_driver_sql(impatient)
                connection.exec_driver_sql("UPDATE outbox_message SET subject = subject")
        except Exception as error:
            failures.append(error)

    server.when_data = write_meanwhile
    assert (outbox.deliver(), outbox.deliver()) == (1, 0)
    assert failures == []
    (mail,) = server.letters
    assert server.sent_to == [["åsa@example.org"]]
    assert mail["Subject"] == "Två nyheter"
    assert mail["From"] == "Kommunen <registret@example.org>"
    assert mail["Message-ID"] == letter(first).message_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body(("plain",)).get_content().strip() == "Räddningsnämnden <b>"
    assert mail.get_body(("html",)).get_content().strip() == "<p>å</p>"
    assert (letter(first).state, letter(first).attempts) == (LetterState.SENT, 1)
    later(first, sent_at=now() - timedelta(days=31))
    outbox.clear_old()
    assert (letter(first).text, letter(first).state) == ("", LetterState.SENT)


def test_after_a_death_only_what_may_have_been_sent_waits_for_a_person(
    app, server, person, monkeypatch, sign_in, make_user
):
    admin = make_user("Admin", Role.ADMIN)
    sent = put(person)
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_mark", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            outbox.deliver()
    unsent = put(person, "b")
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "_hand_over", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            outbox.deliver()
    assert outbox.deliver() == 0, "neither is taken from a worker that may live"
    for one in (sent, unsent):
        later(one, claimed_at=now() - timedelta(minutes=11))
    assert outbox.deliver() == 1
    assert (letter(sent).state, letter(unsent).state) == (LetterState.UNCERTAIN, LetterState.SENT)
    assert [mail["Message-ID"] for mail in server.letters] == [
        letter(sent).message_id,
        letter(unsent).message_id,
    ]
    client = sign_in(admin)
    page = client.get("/admin/outbox?state=uncertain").text
    assert "Oviss" in page
    assert "Åsa" in page
    assert "Räddningsnämnden" not in page
    assert client.post(f"/admin/outbox/{sent}/again").status_code == 303
    assert outbox.deliver() == 1
    assert server.letters[-1]["Message-ID"] == server.letters[0]["Message-ID"]
    assert client.post(f"/admin/outbox/{sent}/stop").status_code == 303
    assert letter(sent).state is LetterState.SENT, "what is sent cannot be stopped"


def test_a_server_that_says_not_now_is_asked_again_ever_more_seldom(app, server, person):
    one = put(person)
    for wait in (*outbox.BACK_OFF, None):
        server.answers = ["451 try later"]
        assert outbox.deliver() == 0
        assert outbox.deliver() == 0, "not before its time"
        found = letter(one)
        if wait is None:
            assert (found.state, found.last_error) == (LetterState.FAILED, "451")
            break
        assert found.state is LetterState.WAITING
        assert abs(found.next_try_at - now() - wait) < timedelta(seconds=30)
        later(one)
    assert server.letters == []
    refused = put(person, "b")
    server.answers = ["550 no such person"]
    outbox.deliver()
    assert (letter(refused).state, letter(refused).last_error) == (LetterState.FAILED, "550")


def test_a_server_that_is_away_costs_one_letter_an_attempt(app, server, person):
    waiting = [put(person, key) for key in "abc"]
    set_up(app, smtp_port=1)
    outbox.deliver()
    assert [letter(one).attempts for one in waiting] == [1, 0, 0]
    assert letter(waiting[0]).last_error == "unreachable"
    set_up(app, smtp_host="")
    assert outbox.deliver() == 0, "off is off"


def test_a_letter_of_which_another_worker_has_taken_charge_is_let_be(app, server, person):
    one = put(person)
    claimed = next(outbox._claims())
    later(one, claimed_at=now() - timedelta(minutes=11))
    outbox._take_up()
    assert not outbox._hand_over(claimed)
    assert outbox.deliver() == 1
    assert len(server.letters) == 1


def test_two_workers_at_once_send_every_letter_once(app, server, person):
    for number in range(12):
        put(person, str(number), f"Nummer {number}")
    ready = threading.Barrier(2)

    def work():
        with app.app_context():
            ready.wait()
            outbox.deliver()
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mail["Subject"] for mail in server.letters) == sorted(
        f"Nummer {number}" for number in range(12)
    )


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2100, 1, 1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = str(folder / "certificate.pem"), str(folder / "key.pem")
    plain = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
    for path, content in zip(
        paths,
        (
            made.public_bytes(serialization.Encoding.PEM),
            key.private_bytes(serialization.Encoding.PEM, plain[1], plain[0]),
        ),
        strict=True,
    ):
        (folder / path).write_bytes(content)
    return paths


def test_with_tls_and_a_password_only_a_server_that_is_known_is_trusted(
    tmp_path, serve, monkeypatch
):
    paths = certificate(tmp_path)
    context = server_context(*paths)
    options = {
        "authenticator": login,
        "auth_required": True,
        "tls_context": context,
        "require_starttls": True,
    }
    server = serve(**options)
    settings = Settings(
        instance=tmp_path,
        smtp_host="localhost",
        smtp_port=server.port,
        smtp_user="registret",
        smtp_password="hemligt-losen",
        mail_from="registret@example.org",
        base_url="https://plan.example.org",
    )
    one = Letter("a@example.org", "Ämne", "Text", "<p>Text</p>", "<1@example.org>")

    def sent(**changed):
        with Post(Settings(**{**vars(settings), **changed})) as post:
            answer = post.send(one)
        return answer.fate, answer.why

    assert sent() == (Fate.LATER, "security"), "a certificate that nobody vouches for"
    monkeypatch.setenv("SSL_CERT_FILE", paths[0])
    assert sent() == (Fate.SENT, "")
    assert sent(smtp_password="fel") == (Fate.LATER, "login")
    assert sent(smtp_security="tls") == (Fate.LATER, "security")
    assert len(server.letters) == 1
    assert "hemligt" not in repr(settings)


def test_nothing_in_a_letter_becomes_a_header(tmp_path, serve):
    server = serve()
    settings = Settings(
        instance=tmp_path,
        municipality='Kommunen" <x@evil.example>',
        smtp_host="127.0.0.1",
        smtp_port=server.port,
        smtp_security="none",
        mail_from="registret@example.org",
        base_url="https://plan.example.org",
    )
    with Post(settings) as post:
        for to, fate in (
            ("a@example.org", Fate.SENT),
            ("a@example.org\r\nBcc: b@example.org", Fate.NEVER),
            ("inte en adress", Fate.NEVER),
            ("a@example.org>", Fate.NEVER),
        ):
            answer = post.send(Letter(to, "Rad\r\nBcc: b@example.org", "\r\n.\r\n", "", "<1@a>"))
            assert answer.fate is fate, to
    (mail,) = server.letters
    assert server.sent_to == [["a@example.org"]]
    assert mail["Bcc"] is None
    assert mail["From"].addresses[0].addr_spec == "registret@example.org"
    assert mail["Subject"] == "Rad Bcc: b@example.org"


def test_the_command_sends_a_test_and_says_in_a_line_what_went_wrong(tmp_path, serve, monkeypatch):
    server = serve()

    def run(*words):
        return CliRunner().invoke(main, ["--instance", str(tmp_path), *words])

    assert run("mail", "test", "a@example.org").output == "Error: mail is off: set smtp_host\n"
    monkeypatch.setenv("REGISTRY_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("REGISTRY_SMTP_PORT", str(server.port))
    monkeypatch.setenv("REGISTRY_SMTP_SECURITY", "none")
    lacks = run("mail", "test", "a@example.org")
    assert lacks.output == "Error: mail is off: set mail_from, base_url\n"
    assert "WRONG mail: smtp_host is set but not mail_from and base_url" in run("check").output
    monkeypatch.setenv("REGISTRY_MAIL_FROM", "registret@example.org")
    monkeypatch.setenv("REGISTRY_BASE_URL", "https://plan.example.org")
    assert run("mail", "test", "a@example.org").exit_code == 0
    assert "https://plan.example.org" in server.letters[0].get_body(("plain",)).get_content()
    assert "ok    mail: goes through 127.0.0.1:" in run("check").output
    monkeypatch.setenv("REGISTRY_SMTP_PORT", "1")
    refused = run("mail", "test", "a@example.org")
    assert (refused.exit_code, refused.output) == (
        1,
        "Error: the server cannot be reached: see smtp_host and smtp_port\n",
    )


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("smtp_security = 'ssl'", "smtp_security"),
        ("smtp_port = 70000", "smtp_port"),
        ("digest_hour = 24", "digest_hour"),
        ("base_url = 'plan.example.org'", "base_url"),
        ("mail_from = 'Registret <a@example.org>'", "mail_from"),
        ("smtp_password = 4711", "smtp_password"),
    ],
)
def test_a_wrong_setting_of_mail_is_one_line_without_the_password(tmp_path, text, wrong):
    (tmp_path / "config.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=wrong) as error:
        load_settings(tmp_path, {})
    assert "4711" not in str(error.value)
