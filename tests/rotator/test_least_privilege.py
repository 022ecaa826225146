"""Writing the app's secret does not give the administrator's rights, and no cleartext password leaks."""

from __future__ import annotations

import json
import secrets
import socket
import struct
import threading
from contextlib import contextmanager

import pytest
from bed import MysqlBed, PostgresBed, password

from shield_ai.rotator import document as documents
from shield_ai.rotator import mysql, postgres
from shield_ai.rotator.document import Login
from shield_ai.rotator.errors import DatabaseError, LoginRefusedError, SetupError
from shield_ai.rotator.mysql import native_hash


@pytest.fixture
def bed(aws, postgres):
    bed = PostgresBed(aws, postgres, "alternating-users")
    yield bed
    bed.remove()


@pytest.fixture
def my(aws, mariadb):
    bed = MysqlBed(aws, mariadb, "alternating-users")
    yield bed
    bed.remove()


def store(bed, **fields):
    """Write the secret, as a person does who may write it."""
    document = {**bed.document(), **fields}
    bed.client.put_secret_value(SecretId=bed.secret, SecretString=json.dumps(document))
    return document


def put_pending(bed, **fields):
    token = bed.start_rotation()
    bed.step("createSecret", token)
    document = json.loads(bed.value("AWSPENDING")) | fields
    bed.discard_pending()
    token = bed.start_rotation()
    bed.store.put_pending(token, json.dumps(document))
    return token


def role(bed, name, options=""):
    text = password()
    with bed.connect() as superuser:
        bed.run(superuser, "CREATE ROLE {} LOGIN PASSWORD {} " + options, name, (text,))
    return {"username": name, "password": text}


def drop(bed, *names):
    with bed.connect() as superuser:
        for name in names:
            bed.run(superuser, "DROP ROLE IF EXISTS {}", name)


def refuses(bed, message, error=SetupError):
    """Rotate, and require that nobody's password changes."""
    token = bed.start_rotation()
    with pytest.raises(error, match=message):
        set_secret(bed, token)
    bed.discard_pending()


def set_secret(bed, token):
    for step in ("createSecret", "setSecret"):
        bed.step(step, token)


@pytest.mark.parametrize("kind", ["bed", "my"])
def test_clone_of_does_not_select_the_user(kind, request):
    bed = request.getfixturevalue(kind)
    store(bed, clone_of=bed.admin[0])
    refuses(bed, "clone_of of the secret is not the base of its user")
    store(bed, clone_of=["x"])
    refuses(bed, "clone_of of the secret is not the base of its user")
    bed.assert_access()


@pytest.mark.parametrize("kind", ["bed", "my"])
def test_pending_version_does_not_select_the_user(kind, request):
    bed = request.getfixturevalue(kind)
    for fields in ({}, {"clone_of": bed.user}):
        token = put_pending(bed, username=bed.other_user[0], **fields)
        with pytest.raises(SetupError, match="not for a user and its clone"):
            bed.step("setSecret", token)
        bed.discard_pending()
    bed.assert_access()


@pytest.mark.parametrize("kind", ["bed", "my"])
def test_current_login_is_proved_first(kind, request):
    bed = request.getfixturevalue(kind)
    store(bed, username=bed.other_user[0], password="guessed")
    refuses(bed, "rejects the current user and password", LoginRefusedError)
    if kind == "my":
        bed.mariadb.connect(*bed.other_user).close()
    else:
        bed.assert_others_can_log_in()
    assert not bed.can_log_in(
        {**bed.document("AWSPREVIOUS"), "username": f"{bed.other_user[0]}_clone"}
    )


def test_own_user_with_the_name_of_a_clone(bed):
    """A role that somebody else created does not give access to the role that its name points to."""
    victim = bed.other_user[0]
    attacker = role(bed, f"{victim}_clone")
    store(bed, **attacker, clone_of=victim)
    refuses(bed, "more rights than|not marked")
    with bed.connect() as superuser:
        bed.run(superuser, "GRANT {} TO {}", victim, attacker["username"])
    refuses(bed, "not marked as managed by shield-ai")
    assert bed.can_log_in({"username": victim, "password": bed.other_user[1]})
    drop(bed, attacker["username"])


def test_own_user_with_the_name_of_a_clone_in_mysql(my):
    victim = my.other_user[0]
    attacker = {"username": f"{victim}_clone", "password": password()}
    my.mariadb.run(
        "CREATE USER %s@'%%' IDENTIFIED BY PASSWORD %s",
        attacker["username"],
        native_hash(attacker["password"]),
    )
    my.mariadb.run(f"GRANT ALL ON {my.database}.* TO %s@'%%'", attacker["username"])
    store(my, **attacker, clone_of=victim)
    refuses(my, "not marked as managed by shield-ai")
    my.mariadb.connect(victim, my.other_user[1]).close()


@pytest.mark.parametrize(
    "options", ["SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "BYPASSRLS"]
)
def test_administrative_roles(bed, options):
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} " + options, bed.user)
    refuses(bed, f"the role {bed.user} is an administrative role")
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} NO" + options, bed.user)
    bed.rotate()
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} " + options, f"{bed.user}_clone")
    refuses(bed, "is an administrative role")
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} NO" + options, f"{bed.user}_clone")
    bed.rotate()
    bed.assert_access()


def test_member_of_an_administrative_role(bed):
    name = f"boss_{secrets.token_hex(4)}"
    role(bed, name, "CREATEROLE")
    with bed.connect() as superuser:
        bed.run(superuser, "GRANT {} TO {}", name, bed.user)
    refuses(bed, f"is a member of {name}, which is an administrative role")
    drop(bed, name)


def test_clone_with_more_rights_than_the_base(bed):
    bed.rotate()
    bed.rotate()
    with bed.connect() as superuser:
        bed.run(superuser, "GRANT {} TO {}", bed.other_user[0], f"{bed.user}_clone")
    refuses(bed, f"has more rights than {bed.user}")
    with bed.connect() as superuser:
        bed.run(superuser, "REVOKE {} FROM {}", bed.other_user[0], f"{bed.user}_clone")
    bed.rotate()
    bed.assert_access()


@pytest.mark.parametrize("member", [False, True], ids=["no member", "member"])
def test_clone_without_marker(bed, member):
    stranger = role(bed, f"{bed.user}_clone")
    if member:
        with bed.connect() as superuser:
            bed.run(superuser, "GRANT {} TO {}", bed.user, stranger["username"])
    refuses(bed, "already exists, and is not marked as managed by shield-ai.*COMMENT ON ROLE")
    assert bed.can_log_in(stranger)


def test_clone_of_a_clone(bed):
    bed.rotate()
    document = bed.document()
    del document["clone_of"]
    bed.client.put_secret_value(SecretId=bed.secret, SecretString=json.dumps(document))
    refuses(bed, "is a clone, but the secret has no clone_of")


def test_clone_of_a_clone_in_mysql(my):
    my.rotate()
    document = my.document()
    del document["clone_of"]
    my.client.put_secret_value(SecretId=my.secret, SecretString=json.dumps(document))
    refuses(my, "is a clone, but the secret has no clone_of")


@pytest.mark.parametrize(
    "grant",
    [
        "GRANT ALL ON *.* TO {}",
        "GRANT SUPER ON *.* TO {}",
        "GRANT CREATE USER ON *.* TO {}",
        "GRANT USAGE ON *.* TO {} WITH GRANT OPTION",
        "GRANT UPDATE ON *.* TO {}",
        "GRANT UPDATE ON mysql.* TO {}",
        "GRANT INSERT ON `my%%`.* TO {}",
        "GRANT INSERT ON mysql.global_priv TO {}",
        "GRANT {role} TO {}",
    ],
)
def test_administrative_accounts(my, grant):
    name = "r_" + secrets.token_hex(4)
    my.mariadb.run(f"CREATE ROLE {name}")
    my.mariadb.run(f"GRANT SET USER ON *.* TO {name}")
    my.mariadb.run(grant.replace("{role}", name).format("%s@'%%'"), my.user)
    refuses(my, f"the user {my.user} has the administrative privilege")
    my.mariadb.run(f"DROP ROLE {name}")


@pytest.mark.parametrize(
    "grant", ["GRANT PROCESS, SELECT ON *.* TO {}", "GRANT SELECT ON mysql.user TO {}"]
)
def test_accounts_without_administrative_privileges(my, grant):
    my.mariadb.run(grant.format("%s@'%%'"), my.user)
    my.rotate()
    my.rotate()
    my.assert_access()


@pytest.mark.parametrize("kind", ["bed", "my"])
def test_admin_secret_without_host(kind, request):
    bed = request.getfixturevalue(kind)
    document = {"username": bed.admin[0], "password": bed.admin[1], "sslmode": "disable"}
    bed.client.put_secret_value(SecretId=f"{bed.secret}-admin", SecretString=json.dumps(document))
    refuses(bed, "the administrator's secret has no host")


@pytest.mark.parametrize(
    ("kind", "message"), [("bed", "rejected the connection"), ("my", "no trusted TLS connection")]
)
def test_stricter_tls_mode_applies_to_the_administrator(kind, message, request):
    bed = request.getfixturevalue(kind)
    document = {
        "username": bed.admin[0],
        "password": bed.admin[1],
        **bed.server_fields,
        "sslmode": "verify-full",
    }
    bed.client.put_secret_value(SecretId=f"{bed.secret}-admin", SecretString=json.dumps(document))
    refuses(bed, message, DatabaseError)


def test_stricter_ssl_mode():
    assert documents.stricter_ssl_mode("require", "verify-ca") == "verify-ca"
    assert documents.stricter_ssl_mode("verify-full", "disable") == "verify-full"


@contextmanager
def fake_server(*answers):
    """Send answers to a client, one after each message, and collect what it sends."""
    received = bytearray()
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        client, _ = server.accept()
        client.settimeout(5)
        with client:
            for answer, reads in answers:
                if reads:
                    received.extend(client.recv(4096))
                client.sendall(answer)
            while data := client.recv(4096):
                received.extend(data)

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1], received
    thread.join()
    server.close()


def test_no_cleartext_password_to_postgresql():
    with fake_server((b"R" + struct.pack("!II", 8, 3), True)) as (port, received):
        login = Login("app", "the-password", "127.0.0.1", port, "db", "disable")
        with pytest.raises(SetupError, match="in cleartext"):
            postgres.connect(login)
    assert b"the-password" not in received
    assert b"app" in received


def greeting(plugin):
    text = (
        b"\x0a8.0.36\0" + struct.pack("<I", 1) + b"12345678\0" + struct.pack("<H", 0xFFFF & ~0x800)
    )
    text += b"\x21" + struct.pack("<HHB", 2, 0xFFFF, 21) + b"\0" * 10 + b"123456789012\0" + plugin
    return packet(0, text + b"\0")


def packet(number, data):
    return struct.pack("<I", len(data))[:3] + bytes([number]) + data


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param([(greeting(b"sha256_password"), False)], id="initial plugin"),
        pytest.param(
            [
                (greeting(b"mysql_native_password"), False),
                (packet(2, b"\xfemysql_clear_password\0salt"), True),
            ],
            id="cleartext",
        ),
        pytest.param(
            [
                (greeting(b"mysql_native_password"), False),
                (packet(2, b"\xfedialog\0\x04Password: "), True),
            ],
            id="dialog",
        ),
        pytest.param(
            [(greeting(b"caching_sha2_password"), False), (packet(2, b"\x01\x04"), True)],
            id="key of an unverified server",
        ),
    ],
)
def test_no_cleartext_password_to_mysql(answers):
    with fake_server(*answers) as (port, received):
        login = Login("app", "the-password", "127.0.0.1", port, "", "disable")
        with pytest.raises(SetupError, match="in cleartext"):
            mysql.connect(login)
    assert b"the-password" not in received
    assert bytes(received[-1:]) != b"\x02"


def test_mysql_receives_new_passwords_only_with_verified_tls(my):
    login = Login(*my.admin, my.mariadb.host, my.mariadb.port, "", "disable")
    session = mysql.connect(login)
    session._is_mariadb = False  # MySQL does not accept a hash here
    for change in (
        lambda: session.set_password("x", "%", "the-password"),
        lambda: session.set_own_password(login.with_password("the-password")),
    ):
        with pytest.raises(SetupError, match="requires verified TLS"):
            change()
    session.close()
