"""Rotation in MariaDB. The statements for MySQL are not tested here."""

from __future__ import annotations

import contextlib
import secrets

import pytest
from bed import MysqlBed, password
from mariadb import installed, running
from matrix import RUN_ALL, sample
from wire import DatabaseProxy, mysql_statement

from shield_ai.rotator.errors import DatabaseError, LockedOutError, RotationError, SetupError
from shield_ai.rotator.mysql import native_hash

NAMES = [
    pytest.param("x WITH SUPER --", id="SQL injection"),
    pytest.param("CoCo", id="capitals"),
    pytest.param("select", id="a keyword"),
    pytest.param("coco user", id="a space"),
    pytest.param("a'b`c\"d", id="quotes"),
    # MariaDB's table of users does not support emoji
    pytest.param("käse", id="an umlaut"),
    pytest.param("back\\slash\\", id="a backslash"),
    pytest.param("per%s%%cent@host", id="percent and at"),
    pytest.param("n" * 32, id="the longest"),
]


@pytest.fixture
def bed(aws, mariadb):
    bed = MysqlBed(aws, mariadb, "alternating-users")
    yield bed
    bed.remove()


@pytest.fixture
def single(aws, mariadb):
    bed = MysqlBed(aws, mariadb, "single-user")
    yield bed
    bed.remove()


@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
@pytest.mark.parametrize("name", NAMES)
def test_names(aws, mariadb, name, strategy):
    bed = MysqlBed(aws, mariadb, strategy, user=name)
    try:
        for _ in range(3):
            old = bed.document()
            bed.rotate()
            bed.assert_access()
            assert bed.can_log_in(old) == (strategy == "alternating-users")
    finally:
        bed.remove()


def shown_grants(bed, user):
    rows = bed.mariadb.run("SHOW GRANTS FOR %s@'%%'", user)
    return {
        row[0].replace(f"`{user}`", "?").split(" IDENTIFIED")[0] + row[0].partition("' ")[2]
        for row in rows
    }


def test_each_rotation_syncs_the_grants(bed):
    run, user, clone = bed.mariadb.run, bed.user, f"{bed.user}_clone"
    role, other = "r_" + secrets.token_hex(4), "d`b%s_" + secrets.token_hex(4)
    run(f"CREATE ROLE {role}")
    quoted = other.replace("`", "``").replace("%", "%%")
    run(f"CREATE DATABASE `{quoted}`".replace("%%", "%"))
    run(f"GRANT {role} TO %s@'%%'", user)
    run(f"GRANT {role} TO %s@'%%' WITH ADMIN OPTION", bed.admin[0])
    run(f"SET DEFAULT ROLE {role} FOR %s@'%%'", user)
    run(f"GRANT SELECT, INSERT ON `{quoted}`.* TO %s@'%%' WITH GRANT OPTION", user)
    run("GRANT USAGE ON *.* TO %s@'%%' WITH MAX_USER_CONNECTIONS 9", user)
    bed.rotate()
    assert shown_grants(bed, clone) == shown_grants(bed, user)
    assert len(shown_grants(bed, user)) == 5
    run(f"REVOKE INSERT, GRANT OPTION ON `{quoted}`.* FROM %s@'%%'", user)
    run("SET DEFAULT ROLE NONE FOR %s@'%%'", user)
    run(f"REVOKE {role} FROM %s@'%%'", user)
    run("GRANT USAGE ON *.* TO %s@'%%' WITH MAX_USER_CONNECTIONS 0", user)
    bed.rotate()
    bed.rotate()
    assert shown_grants(bed, clone) == shown_grants(bed, user)
    assert len(shown_grants(bed, user)) == 3
    bed.assert_access()
    run(f"DROP DATABASE `{quoted}`".replace("%%", "%"))
    run(f"DROP ROLE {role}")


def test_all_accounts_of_a_user(bed):
    for host in ("10.%", "localhost"):
        bed.mariadb.run(
            "CREATE USER %s@%s IDENTIFIED BY PASSWORD %s",
            bed.user,
            host,
            native_hash(bed.document()["password"]),
        )
    bed.rotate()
    bed.rotate()
    hashes = (
        "SELECT COUNT(*), COUNT(DISTINCT authentication_string) FROM mysql.user WHERE User = %s"
    )
    assert bed.mariadb.run(hashes, bed.user) == ((3, 1),)
    assert bed.mariadb.run(hashes, f"{bed.user}_clone") == ((3, 1),)
    for name in (bed.user, f"{bed.user}_clone"):
        for host in ("10.%", "localhost"):
            bed.mariadb.run("DROP USER %s@%s", name, host)


def test_unrelated_user_with_the_name_of_the_clone(bed):
    stranger = {"username": f"{bed.user}_clone", "password": password()}
    bed.mariadb.run(
        "CREATE USER %s@'%%' IDENTIFIED BY PASSWORD %s",
        stranger["username"],
        native_hash(stranger["password"]),
    )
    bed.mariadb.run("GRANT SELECT ON *.* TO %s@'%%'", stranger["username"])
    token, old = bed.start_rotation(), bed.document()
    bed.step("createSecret", token)
    with pytest.raises(SetupError, match="is not marked as managed by shield-ai"):
        bed.step("setSecret", token)
    assert bed.can_log_in(stranger)
    assert bed.can_log_in(old)


def test_administrator_without_privileges(bed):
    bed.mariadb.run("REVOKE ALL, GRANT OPTION FROM %s@'%%'", bed.admin[0])
    bed.mariadb.run(f"GRANT SELECT ON {bed.database}.* TO %s@'%%'", bed.admin[0])
    token, old = bed.start_rotation(), bed.document()
    bed.step("createSecret", token)
    with pytest.raises(DatabaseError, match="1142"):
        bed.step("setSecret", token)
    assert bed.can_log_in(old)


def test_no_password_is_valid(single):
    single.mariadb.run("SET PASSWORD FOR %s@'%%' = %s", single.user, native_hash("elsewhere"))
    token = single.start_rotation()
    single.step("createSecret", token)
    with pytest.raises(LockedOutError):
        single.step("setSecret", token)


def outcome(bed, token):
    try:
        bed.step("setSecret", token)
    except LockedOutError:
        return "locked out"
    except RotationError as error:
        return "restored" if "was restored" in str(error) else "another error"
    return "done"


def test_restores_the_old_password_if_the_new_one_is_rejected(aws, mariadb):
    """Change the password after each statement, like a server with external authentication."""
    with DatabaseProxy(mariadb.host, mariadb.port, mysql_statement) as wire:
        bed = MysqlBed(aws, mariadb, "single-user", port=wire.port)
        token, old = bed.start_rotation(), bed.document()
        bed.step("createSecret", token)
        outcomes = []
        for number in range(1, 40):
            wire.pause_at(
                number,
                lambda: mariadb.run(
                    "SET PASSWORD FOR %s@'%%' = %s", bed.user, native_hash("elsewhere")
                ),
            )
            outcomes.append(outcome(bed, token))
            if outcomes[-1] == "restored":
                break
            mariadb.run("SET PASSWORD FOR %s@'%%' = %s", bed.user, native_hash(old["password"]))
        assert outcomes[-1] == "restored"
        assert bed.can_log_in(old)
        bed.remove()


@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
@pytest.mark.parametrize("before", [True, False], ids=["before the server", "before the response"])
def test_cut_at_each_statement(aws, mariadb, strategy, before):
    with DatabaseProxy(mariadb.host, mariadb.port, mysql_statement) as wire:
        bed = MysqlBed(aws, mariadb, strategy, port=wire.port)
        bed.rotate()
        for number in sample(wire.count):
            old, token = bed.document(), bed.start_rotation()
            wire.stop_at(number, before=before)
            with contextlib.suppress(DatabaseError):
                bed.rotate(token)
            if bed.is_always_available:
                assert bed.can_log_in(old)
            bed.rotate(token)
            bed.assert_access()
        bed.remove()


@pytest.mark.skipif(not RUN_ALL, reason="only make test-rotation starts additional servers")
@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
def test_server_restarts_during_a_rotation(aws, strategy):
    if not installed():
        pytest.skip("MariaDB is not installed")
    with running() as server, DatabaseProxy(server.host, server.port, mysql_statement) as wire:
        bed = MysqlBed(aws, server, strategy, port=wire.port)
        bed.rotate()
        for number in range(2, wire.count, wire.count // 2):
            old, token = bed.document(), bed.start_rotation()
            wire.stop_at(number, bed.mariadb.stop)
            with pytest.raises(DatabaseError):
                bed.rotate(token)
            bed.mariadb = bed.mariadb.start()
            if bed.is_always_available:
                assert bed.can_log_in(old)
            bed.rotate(token)
            bed.assert_access()
