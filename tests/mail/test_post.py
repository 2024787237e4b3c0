"""How letters leave: through real SMTP to a real server, and as files."""

from __future__ import annotations

import email
import os
import shutil
import ssl
import subprocess
import time
from email import policy
from pathlib import Path

import pytest

from geo_monitor.config import Mail
from geo_monitor.errors import ConfigError, DeliveryError
from geo_monitor.mail.post import FolderPost, SmtpPost, choose_post
from tests.smtp import free_port, mail_server, scripted_server

LETTER = (
    b"From: geo-monitor@office.example\r\nTo: chief@office.example\r\nSubject: synthetic\r\n"
    b"Message-ID: <abc123@office.example>\r\n\r\nfirst\r\n.\r\n..dots at the start of a line\r\n"
)


def post_to(port: int, *, scheme: str = "smtp", login: str = "", timeout_s: float = 5.0) -> SmtpPost:
    mail = Mail(smtp_url=f"{scheme}://{login}127.0.0.1:{port}", sender="线索地图 <geo-monitor@office.example>")
    chosen = choose_post(mail, Path("unused"))
    assert isinstance(chosen, SmtpPost)
    return SmtpPost(chosen.host, chosen.port, chosen.security, chosen.sender, chosen.user, chosen.password, timeout_s)


# ---- which one


def test_without_a_server_letters_go_into_the_folder_of_the_workspace(tmp_path: Path) -> None:
    assert choose_post(Mail(folder="files/outbox"), tmp_path) == FolderPost(tmp_path / "files/outbox")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.office.example", ("mail.office.example", 25, "smtp", "", "")),
        ("smtps://mail.office.example", ("mail.office.example", 465, "smtps", "", "")),
        (
            "smtp+starttls://u%40x:p%3A%2F@mail.office.example:2525/",
            ("mail.office.example", 2525, "smtp+starttls", "u@x", "p:/"),
        ),
    ],
)
def test_an_address_gives_host_port_security_user_and_password(url: str, expected: tuple[object, ...]) -> None:
    post = choose_post(Mail(smtp_url=url), Path())
    assert isinstance(post, SmtpPost)
    assert (post.host, post.port, post.security, post.user, post.password) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.office.example",
        "http://map:secret@mail.office.example",
        "smtp://map:secret@",
        "smtp://map:secret@mail.office.example:port",
        "smtp://map:secret@mail.office.example/queue?x=secret",
    ],
)
def test_an_address_that_is_none_is_refused_without_telling_the_password(url: str) -> None:
    with pytest.raises(ConfigError) as told:
        choose_post(Mail(smtp_url=url), Path())
    assert "smtp_url" in str(told.value)
    assert "secret" not in str(told.value)


def test_a_post_that_is_printed_keeps_its_password() -> None:
    assert "secret" not in repr(choose_post(Mail(smtp_url="smtp://map:secret@mail.office.example"), Path()))


# ---- through a server


def test_a_letter_arrives_as_it_was_written() -> None:
    with mail_server() as box:
        assert post_to(box.port).send("chief@office.example", LETTER) == "250 kept as 1"
    ((sender, to, content),) = box.letters
    assert (sender, to) == ("geo-monitor@office.example", ["chief@office.example"])
    assert content.rstrip() == LETTER.rstrip()


#: What aiosmtpd says to a test that asks for a password without TLS.
plainly = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


@plainly
def test_with_the_right_password_it_is_taken() -> None:
    with mail_server(password="p@ss/word") as box:
        post_to(box.port, login="map:p%40ss%2Fword@").send("chief@office.example", LETTER)
    assert len(box.letters) == 1


@plainly
def test_a_wrong_password_is_ours_to_mend_and_condemns_no_letter() -> None:
    with mail_server(password="right") as box, pytest.raises(DeliveryError, match="535") as told:
        post_to(box.port, login="map:wrong@").send("chief@office.example", LETTER)
    assert not told.value.permanent
    assert "wrong" not in str(told.value)


@pytest.mark.parametrize(("answer", "permanent"), [("550 no such person", True), ("451 come back later", False)])
def test_a_refused_recipient_is_final_with_5xx_only(answer: str, permanent: bool) -> None:
    with mail_server() as box:
        box.refuse["chief@office.example"] = answer
        with pytest.raises(DeliveryError, match=answer[4:]) as told:
            post_to(box.port).send("chief@office.example", LETTER)
    assert told.value.permanent is permanent
    assert box.letters == []


@pytest.mark.parametrize(("answer", "permanent"), [("554 not wanted", True), ("452 disk full", False)])
def test_a_refused_letter_is_final_with_5xx_only(answer: str, permanent: bool) -> None:
    with mail_server() as box:
        box.wrong = answer
        with pytest.raises(DeliveryError, match=answer[4:]) as told:
            post_to(box.port).send("chief@office.example", LETTER)
    assert told.value.permanent is permanent


@pytest.mark.parametrize(
    "to", ["chief@office.example>\r\nRCPT TO:<other@office.example", "a@x.example,b@x.example", "chief", "a b@x", ""]
)
def test_what_is_not_one_address_is_never_sent(to: str) -> None:
    with mail_server() as box:
        with pytest.raises(DeliveryError) as told:
            post_to(box.port).send(to, LETTER)
        assert told.value.permanent
    assert box.letters == []


OK = b"250 ok\r\n"


def test_a_server_that_dies_after_the_letter_leaves_it_to_be_sent_again() -> None:
    script = (b"220 hi\r\n", OK, OK, OK, b"354 go\r\n", None)
    with scripted_server(*script) as (port, heard), pytest.raises(DeliveryError) as told:
        post_to(port).send("chief@office.example", LETTER)
    assert not told.value.permanent
    assert b"..dots" in heard[-1]  # perhaps it keeps it: the Message-ID saves the reader


def test_a_server_that_dies_after_its_acceptance_has_accepted() -> None:
    with scripted_server(b"220 hi\r\n", OK, OK, OK, b"354 go\r\n", b"250 taken\r\n", None) as (port, _):
        assert post_to(port).send("chief@office.example", LETTER) == "250 taken"


@pytest.mark.parametrize("answers", [(b"",), (b"220 hi\r\n", b""), (b"220 hi\r\n", OK, OK, OK, b"354 go\r\n", b"")])
def test_a_server_that_hangs_is_left_after_the_timeout(answers: tuple[bytes, ...]) -> None:
    with scripted_server(*answers) as (port, _):
        began = time.monotonic()
        with pytest.raises(DeliveryError) as told:
            post_to(port, timeout_s=0.4).send("chief@office.example", LETTER)
    assert time.monotonic() - began < 5
    assert not told.value.permanent


def test_a_server_that_turns_everybody_away_condemns_no_letter() -> None:
    with scripted_server(b"554 closed for the night\r\n") as (port, _), pytest.raises(DeliveryError) as told:
        post_to(port).send("chief@office.example", LETTER)
    assert not told.value.permanent


def test_where_nobody_listens_it_is_tried_again() -> None:
    with pytest.raises(DeliveryError, match=r"127\.0\.0\.1") as told:
        post_to(free_port()).send("chief@office.example", LETTER)
    assert not told.value.permanent


# ---- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Made for this test alone; the key never leaves the temporary folder."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed: apt-get install openssl")
    pem = tmp_path / "server.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", pem],
        check=True, capture_output=True,
    )  # fmt: skip
    return pem


def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


def test_starttls_with_a_trusted_certificate_delivers(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mail_server(password="right", tls=server_side(certificate)) as box:
        post_to(box.port, scheme="smtp+starttls", login="map:right@").send("chief@office.example", LETTER)
    assert len(box.letters) == 1


def test_starttls_with_a_stranger_s_certificate_sends_no_password(certificate: Path) -> None:
    tls = server_side(certificate)
    with mail_server(password="right", tls=tls) as box, pytest.raises(DeliveryError, match="certificate") as told:
        post_to(box.port, scheme="smtp+starttls", login="map:right@").send("chief@office.example", LETTER)
    assert not told.value.permanent
    assert box.letters == []


def test_starttls_is_demanded_not_merely_tried() -> None:
    with mail_server() as box, pytest.raises(DeliveryError, match="STARTTLS"):
        post_to(box.port, scheme="smtp+starttls").send("chief@office.example", LETTER)
    assert box.letters == []


# ---- into a folder


def test_a_letter_becomes_one_file_that_a_mail_program_opens(tmp_path: Path) -> None:
    post = FolderPost(tmp_path / "out")
    assert post.send("chief@office.example", LETTER) == post.send("chief@office.example", LETTER)
    (file,) = (tmp_path / "out").iterdir()
    assert file.name == "abc123.eml"
    assert email.message_from_bytes(file.read_bytes(), policy=policy.default)["Subject"] == "synthetic"


def test_a_message_id_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    FolderPost(tmp_path / "out").send("x@y", LETTER.replace(b"abc123", b"../../etc/x"))
    assert [p.parent for p in tmp_path.rglob("*.eml")] == [tmp_path / "out"]


def test_a_write_that_fails_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeliveryError, match="No space left") as told:
        FolderPost(tmp_path / "out").send("x@y", LETTER)
    assert not told.value.permanent
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    with pytest.raises(DeliveryError, match="out"):
        FolderPost(tmp_path / "out").send("x@y", LETTER)
