"""The clone has the privileges of the base, now and later; other roles are never changed."""

from __future__ import annotations

import json
import secrets

import pytest
from bed import PostgresBed, password
from hypothesis import given
from hypothesis import strategies as st

from shield_ai.rotator.alternating import clone_name
from shield_ai.rotator.errors import DatabaseError, SetupError, SupersededError
from shield_ai.rotator.strategies.postgres_alternating_users import split_names


@pytest.fixture
def bed(aws, postgres):
    bed = PostgresBed(aws, postgres, "alternating-users")
    yield bed
    bed.remove()


def query_one(bed, document, query):
    with bed.login(document) as connection:
        return connection.execute(query).fetchone()


def test_both_users_own_all_objects(bed):
    documents = [bed.document()]
    for _ in range(2):
        bed.rotate()
        documents.append(bed.document())
    base, clone = documents[2], documents[1]
    assert [document["username"] for document in documents] == [
        bed.user,
        f"{bed.user}_clone",
        bed.user,
    ]
    assert clone["clone_of"] == bed.user
    assert "clone_of" not in base
    assert base["comment"] == clone["comment"] == "kept"
    assert not bed.can_log_in(documents[0])
    for first, second in [(base, clone), (clone, base)]:
        table = "t_" + secrets.token_hex(6)
        bed.execute(first, f"CREATE TABLE {table} (id int)", f"CREATE SCHEMA s_{table}")
        bed.execute(
            second,
            f"INSERT INTO {table} VALUES (1)",  # unqualified
            f"ALTER TABLE {table} ADD x int",
            f"DROP TABLE {table}",
            f"CREATE TABLE s_{table}.x ()",
        )
    assert query_one(bed, clone, "SELECT current_user, session_user") == (
        bed.user,
        f"{bed.user}_clone",
    )


def test_the_clone_has_the_grants_and_default_privileges_of_the_base(bed):
    bed.rotate()
    clone = bed.document()
    with bed.connect(bed.database) as superuser:
        superuser.execute("CREATE TABLE theirs (id int)")
        bed.run(superuser, "GRANT SELECT ON theirs TO {}", bed.user)
        bed.run(
            superuser,
            "ALTER DEFAULT PRIVILEGES FOR ROLE {} GRANT SELECT ON TABLES TO {}",
            bed.user,
            bed.other_user[0],
        )
    assert query_one(bed, clone, "SELECT count(*) FROM theirs") == (0,)
    bed.execute(clone, "CREATE TABLE shared (id int)")
    assert query_one(
        bed,
        {"username": bed.other_user[0], "password": bed.other_user[1]},
        "SELECT count(*) FROM shared",
    ) == (0,)


def test_the_clone_has_the_settings_of_the_base(bed):
    with bed.connect() as superuser:
        bed.run(
            superuser,
            "ALTER ROLE {} SET search_path TO '$user', 'a b', 'say \"x\"', public",
            bed.user,
        )
        bed.run(
            superuser,
            "ALTER ROLE {} IN DATABASE {} SET statement_timeout TO '7s'",
            bed.user,
            bed.database,
        )
        bed.run(superuser, "ALTER ROLE {} SET my.setting TO 'it''s \\'", bed.user)
        bed.run(superuser, "ALTER ROLE {} CONNECTION LIMIT 7 VALID UNTIL '2100-01-01'", bed.user)
    query = "SELECT current_setting('search_path'), current_setting('statement_timeout'), current_setting('my.setting', true)"
    old = bed.document()
    bed.rotate()
    assert query_one(bed, bed.document(), query) == query_one(bed, old, query)
    with bed.connect() as superuser:
        rows = superuser.execute(
            "SELECT DISTINCT rolconnlimit, rolvaliduntil FROM pg_roles WHERE rolname LIKE %s",
            (bed.user + "%",),
        )
        assert len(rows.fetchall()) == 1
        bed.run(superuser, "ALTER ROLE {} RESET ALL", bed.user)
    for _ in range(2):
        bed.rotate()
    assert query_one(bed, bed.document(), "SELECT current_setting('my.setting', true)") in [
        (None,),
        ("",),
    ]


def test_unrelated_role_with_the_name_of_the_clone(bed):
    stranger = {"username": f"{bed.user}_clone", "password": password()}
    with bed.connect() as superuser:
        bed.run(
            superuser,
            "CREATE ROLE {} LOGIN PASSWORD {}",
            stranger["username"],
            (stranger["password"],),
        )
    token, old = bed.start_rotation(), bed.document()
    bed.step("createSecret", token)
    with pytest.raises(SetupError, match="is not marked as managed by shield-ai"):
        bed.step("setSecret", token)
    assert bed.can_log_in(stranger)
    assert bed.can_log_in(old)


def admin(bed, **fields):
    document = {"username": bed.admin[0], "password": bed.admin[1], **bed.server_fields, **fields}
    bed.client.put_secret_value(SecretId=f"{bed.secret}-admin", SecretString=json.dumps(document))


def test_administrator_without_createrole(bed):
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} NOSUPERUSER", bed.admin[0])
    token, old = bed.start_rotation(), bed.document()
    bed.step("createSecret", token)
    with pytest.raises(DatabaseError, match="42501"):
        bed.step("setSecret", token)
    assert bed.can_log_in(old)
    with bed.connect() as superuser:
        assert (
            superuser.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %s", (f"{bed.user}_clone",)
            ).fetchone()
            is None
        )


def test_administrator_with_createrole_and_admin_option(bed):
    with bed.connect() as superuser:
        bed.run(superuser, "ALTER ROLE {} NOSUPERUSER CREATEROLE", bed.admin[0])
        bed.run(superuser, "GRANT {} TO {} WITH ADMIN OPTION", bed.user, bed.admin[0])
    for _ in range(3):
        bed.rotate()
        bed.assert_access()


@pytest.mark.parametrize("fields", [{"host": "elsewhere"}, {"port": 1}], ids=["host", "port"])
def test_administrator_of_another_server(bed, fields):
    admin(bed, **fields)
    token = bed.start_rotation()
    bed.step("createSecret", token)
    with pytest.raises(SetupError, match="the administrator's secret is for another server"):
        bed.step("setSecret", token)


def test_administrator_is_one_of_the_users(bed):
    admin(bed, username=bed.user)
    token = bed.start_rotation()
    bed.step("createSecret", token)
    with pytest.raises(SetupError, match="one of the two users"):
        bed.step("setSecret", token)


def test_no_administrator(bed):
    bed.environ = {**bed.environ, "ROTATION_ADMIN": ""}
    token = bed.start_rotation()
    bed.step("createSecret", token)
    with pytest.raises(SetupError, match="require an administrator's secret"):
        bed.step("setSecret", token)


def test_never_changes_the_current_user(bed):
    """A version from before another rotation is for the user that is now current."""
    late = bed.start_rotation()
    bed.step("createSecret", late)
    bed.discard_pending()
    bed.rotate()
    now, holder = bed.document(), bed.store.describe().version_with("AWSPENDING")
    label = {"SecretId": bed.secret, "VersionStage": "AWSPENDING"}
    bed.client.update_secret_version_stage(
        **label, MoveToVersionId=late, RemoveFromVersionId=holder
    )
    with pytest.raises(SupersededError, match="in use"):
        bed.step("setSecret", late)
    assert bed.can_log_in(now)
    assert not any("AWSPENDING" in stages for stages in bed.stages().values())
    bed.rotate()
    bed.assert_access()


def fits(name):
    return len(name.encode()) <= 63


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=63).filter(
        fits
    )
)
def test_clone_names_are_short_enough(base):
    name = clone_name(base, fits)
    assert fits(name)
    assert name != base
    assert name.endswith("_clone")


def test_long_names_with_the_same_start_have_different_clones():
    assert clone_name("n" * 62 + "a", fits) != clone_name("n" * 62 + "b", fits)


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1)
)
def test_splits_lists_of_names(names):
    assert split_names(", ".join('"' + name.replace('"', '""') + '"' for name in names)) == names
    assert split_names("a, b,public") == ["a", "b", "public"]
    assert split_names("") == []
