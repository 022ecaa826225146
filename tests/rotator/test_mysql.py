"""MariaDB stands for both; MySQL's own statements are not run here."""

from __future__ import annotations

import contextlib
import secrets

import pytest
from bed import MysqlBed, password
from mariadb import installed, running
from matrix import WHOLE, some
from wire import Wire, mysql_statement

from shield_ai.rotator.errors import DatabaseError, LockedOutError, RotationError, SetupError
from shield_ai.rotator.mysql import native_hash
from shield_ai.rotator.mysql_alternating import ACCOUNT, revoke_statements

NAMES = [
    pytest.param("x WITH SUPER --", id="an attack"),
    pytest.param("CoCo", id="capitals"),
    pytest.param("select", id="a keyword"),
    pytest.param("coco user", id="a space"),
    pytest.param("a'b`c\"d", id="quotes"),
    # the server's own table of users has no place for an emoji
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
            bed.check()
            assert bed.works(old) == (strategy == "alternating-users")
    finally:
        bed.remove()


def shown(bed, user):
    rows = bed.mariadb.run("SHOW GRANTS FOR %s@'%%'", user)
    return {
        row[0].replace(f"`{user}`", "?").split(" IDENTIFIED")[0] + row[0].partition("' ")[2]
        for row in rows
    }


def test_the_clone_has_the_grants_of_the_base_each_time(bed):
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
    assert shown(bed, clone) == shown(bed, user)
    assert len(shown(bed, user)) == 5
    run(f"REVOKE INSERT, GRANT OPTION ON `{quoted}`.* FROM %s@'%%'", user)
    run(f"SET DEFAULT ROLE NONE FOR %s@'%%'", user)  # noqa: F541  # as its neighbours
    run(f"REVOKE {role} FROM %s@'%%'", user)
    run("GRANT USAGE ON *.* TO %s@'%%' WITH MAX_USER_CONNECTIONS 0", user)
    bed.rotate()
    bed.rotate()
    assert shown(bed, clone) == shown(bed, user)
    assert len(shown(bed, user)) == 3
    bed.check()
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


def test_a_stranger_with_the_clones_name_is_left_alone(bed):
    stranger = {"username": f"{bed.user}_clone", "password": password()}
    bed.mariadb.run(
        "CREATE USER %s@'%%' IDENTIFIED BY PASSWORD %s",
        stranger["username"],
        native_hash(stranger["password"]),
    )
    bed.mariadb.run("GRANT SELECT ON *.* TO %s@'%%'", stranger["username"])
    token, old = bed.begin(), bed.document()
    bed.step("createSecret", token)
    with pytest.raises(SetupError, match="with privileges that"):
        bed.step("setSecret", token)
    assert bed.works(stranger)
    assert bed.works(old)


def test_an_administrator_without_rights(bed):
    bed.mariadb.run("REVOKE ALL, GRANT OPTION FROM %s@'%%'", bed.admin[0])
    bed.mariadb.run(f"GRANT SELECT ON {bed.database}.* TO %s@'%%'", bed.admin[0])
    token, old = bed.begin(), bed.document()
    bed.step("createSecret", token)
    with pytest.raises(DatabaseError, match="1142"):
        bed.step("setSecret", token)
    assert bed.works(old)


def test_none_of_the_passwords_is_in_force(single):
    single.mariadb.run("SET PASSWORD FOR %s@'%%' = %s", single.user, native_hash("elsewhere"))
    token = single.begin()
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


def test_puts_the_old_password_back_when_the_new_one_does_not_log_in(aws, mariadb):
    """Somebody changes what was just set, as a server does that checks passwords elsewhere."""
    with Wire(mariadb.host, mariadb.port, mysql_statement) as wire:
        bed = MysqlBed(aws, mariadb, "single-user", port=wire.port)
        token, old = bed.begin(), bed.document()
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
        assert bed.works(old)
        bed.remove()


@pytest.mark.parametrize(
    ("grant", "statements"),
    [
        (f"GRANT `r` TO {ACCOUNT}", [f"REVOKE `r` FROM {ACCOUNT}"]),
        (
            f"GRANT SELECT, INSERT ON `d`.* TO {ACCOUNT}",
            [f"REVOKE SELECT, INSERT ON `d`.* FROM {ACCOUNT}"],
        ),
        (
            f"GRANT ALL PRIVILEGES ON `d`.* TO {ACCOUNT} WITH GRANT OPTION",
            [
                f"REVOKE ALL PRIVILEGES ON `d`.* FROM {ACCOUNT}",
                f"REVOKE GRANT OPTION ON `d`.* FROM {ACCOUNT}",
            ],
        ),
        (f"SET DEFAULT ROLE `r` FOR {ACCOUNT}", [f"SET DEFAULT ROLE NONE FOR {ACCOUNT}"]),
        (f"SET DEFAULT ROLE `r`@`%` TO {ACCOUNT}", [f"SET DEFAULT ROLE NONE TO {ACCOUNT}"]),
    ],
)
def test_taking(grant, statements):
    assert revoke_statements(grant) == statements


@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
@pytest.mark.parametrize(
    "before", [True, False], ids=["before the server has it", "before the answer"]
)
def test_cut_at_each_statement(aws, mariadb, strategy, before):
    with Wire(mariadb.host, mariadb.port, mysql_statement) as wire:
        bed = MysqlBed(aws, mariadb, strategy, port=wire.port)
        bed.rotate()
        for number in some(wire.count):
            old, token = bed.document(), bed.begin()
            wire.stop_at(number, before=before)
            with contextlib.suppress(DatabaseError):
                bed.rotate(token)
            if bed.never_dark:
                assert bed.works(old)
            bed.rotate(token)
            bed.check()
        bed.remove()


@pytest.mark.skipif(not WHOLE, reason="make test-rotation starts servers of its own")
@pytest.mark.parametrize("strategy", ["single-user", "alternating-users"])
def test_the_server_is_restarted_half_way(aws, strategy):
    if not installed():
        pytest.skip("MariaDB is not installed")
    with running() as server, Wire(server.host, server.port, mysql_statement) as wire:
        bed = MysqlBed(aws, server, strategy, port=wire.port)
        bed.rotate()
        for number in range(2, wire.count, wire.count // 2):
            old, token = bed.document(), bed.begin()
            wire.stop_at(number, bed.mariadb.stop)
            with pytest.raises(DatabaseError):
                bed.rotate(token)
            bed.mariadb = bed.mariadb.start()
            if bed.never_dark:
                assert bed.works(old)
            bed.rotate(token)
            bed.check()
