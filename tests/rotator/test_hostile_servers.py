"""Database servers that send malformed or endless answers."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import closing, contextmanager, suppress
from functools import partial

import pytest

from shield_ai.rotator import mysql, postgres, sockets
from shield_ai.rotator.document import Login
from shield_ai.rotator.errors import DatabaseError

CHUNK = 4096


@contextmanager
def serving(answer):
    """Run a server that lets a function talk to each client."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        with suppress(OSError):
            client, _ = server.accept()
            client.settimeout(2)
            with client:
                answer(client)
                client.shutdown(socket.SHUT_WR)
                while client.recv(CHUNK):
                    pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Login("app", "the-password", "127.0.0.1", server.getsockname()[1], "db", "disable")
    finally:
        server.close()
        thread.join()


def pg(kind, body=b""):
    return kind + struct.pack("!I", len(body) + 4) + body


def authentication(number, body=b""):
    return pg(b"R", struct.pack("!I", number) + body)


def after_startup(answer, client):
    client.recv(CHUNK)
    client.sendall(answer)


def scram(iterations, client):
    """Request a number of SCRAM iterations."""
    after_startup(authentication(10, b"SCRAM-SHA-256\0\0"), client)
    first = client.recv(CHUNK)
    nonce = first[first.rindex(b"r=") + 2 :]
    challenge = b"r=" + nonce + b"x,s=c2FsdHNhbHRzYWx0c2FsdA==,i=" + iterations
    client.sendall(authentication(11, challenge))


def bad_query(client):
    """Accept the login, and answer the first statement with a broken row."""
    after_startup(authentication(0) + pg(b"Z", b"I"), client)
    client.recv(CHUNK)
    client.sendall(pg(b"T", b"\0\1x\0") + pg(b"D", b"\0\2"))


def endless_notices(client):
    after_startup(authentication(0), client)
    while True:
        client.sendall(pg(b"N", b"SNOTICE\0Mx\0\0") * 1000)


POSTGRES = {
    "not PostgreSQL": partial(after_startup, b"HTTP/1.1 200 OK\r\n\r\n<html>"),
    "no body": partial(after_startup, b"R\0\0\0\4"),
    "negative length": partial(after_startup, authentication(0) + b"D\xff\xff\xff\xffzz"),
    "unknown authentication": partial(after_startup, authentication(99)),
    "no SASL mechanism": partial(after_startup, authentication(10, b"\0")),
    "broken SCRAM": partial(after_startup, authentication(11, b"m=x,r=,s=,i=x")),
    "unknown encoding": partial(
        after_startup, authentication(0) + pg(b"S", b"client_encoding\0rot13\0") + pg(b"Z", b"I")
    ),
    "error without fields": partial(after_startup, pg(b"E", b"\xff\xff")),
    "many SCRAM iterations": partial(scram, b"2147483647"),
    "very many SCRAM iterations": partial(scram, b"9" * 5000),
    "broken row": bad_query,
}


def ask_postgres(login):
    with closing(postgres.connect(login)) as session:
        session.version()


def ask_mysql(login):
    with closing(mysql.connect(login)) as session:
        _ = session.is_mariadb


@pytest.mark.parametrize("answer", POSTGRES.values(), ids=POSTGRES.keys())
def test_malformed_answer_of_postgresql(answer):
    with serving(answer) as login, pytest.raises(DatabaseError) as caught:
        ask_postgres(login)
    assert "the-password" not in str(caught.value)


def packet(number, data):
    return struct.pack("<I", len(data))[:3] + bytes([number]) + data


def greeting(version=b"8.0.36"):
    return packet(
        0,
        b"\x0a"
        + version
        + b"\0\1\0\0\x0012345678\0\xff\xf7\x21\2\0\xff\xff\x15"
        + b"\0" * 10
        + b"123456789012\0mysql_native_password\0",
    )


OK = b"\0\0\0\2\0\0\0"


def send(answer, client):
    client.sendall(answer)


def after_greeting(answer, client):
    client.sendall(greeting())
    client.recv(CHUNK)
    client.sendall(answer)


def bad_result(answer, client):
    """Accept the login, and answer the first statement that reads with `answer`."""
    after_greeting(packet(2, OK), client)
    while data := client.recv(CHUNK):
        client.sendall(answer if b"VERSION" in data else packet(1, OK))


MYSQL = {
    "not MySQL": partial(send, b"HTTP/1.1 200 OK\r\n\r\n<html>"),
    "empty greeting": partial(send, packet(0, b"")),
    "old protocol": partial(send, packet(0, b"\x09x\0")),
    "short greeting": partial(send, packet(0, b"\x0a8")),
    "version that is not UTF-8": partial(send, greeting(b"\xff\xfe8.0")),
    "wrong number": partial(after_greeting, packet(99, OK)),
    "unknown plugin": partial(after_greeting, packet(2, b"\xfeevil\xff\xfe\0")),
    "short error": partial(after_greeting, packet(2, b"\xff")),
    "no rows": partial(bad_result, packet(1, OK)),
    "broken row": partial(bad_result, packet(1, b"\1") + packet(2, b"x")),
    "file request": partial(bad_result, packet(1, b"\xfb/etc/passwd")),
}


@pytest.mark.parametrize("answer", MYSQL.values(), ids=MYSQL.keys())
def test_malformed_answer_of_mysql(answer):
    with serving(answer) as login, pytest.raises(DatabaseError) as caught:
        ask_mysql(login)
    assert "the-password" not in str(caught.value)


def endless_rows(client):
    rows = b"".join(packet(number, b"\x01x") for number in range(256))
    after_greeting(packet(2, OK), client)
    while b"VERSION" not in (data := client.recv(CHUNK)):
        if not data:
            return
        client.sendall(packet(1, OK))
    column = b"\3def\0\0\0\1x\0\x0c\x2d\0\x10\0\0\0\xfd\0\0\0\0\0"
    client.sendall(packet(1, b"\1") + packet(2, column) + packet(3, b"\xfe\0\0\2\0"))
    client.sendall(b"".join(packet(number, b"\x01x") for number in range(4, 256)))
    while True:
        client.sendall(rows)


@pytest.mark.parametrize(
    ("answer", "ask"),
    [
        pytest.param(endless_notices, ask_postgres, id="notices of PostgreSQL"),
        pytest.param(endless_rows, ask_mysql, id="rows of MySQL"),
    ],
)
def test_endless_answer(monkeypatch, answer, ask):
    """A timeout of the socket does not end these: each byte arrives in time."""
    monkeypatch.setattr(sockets, "CONNECTION_LIMIT", 1.0)
    with serving(answer) as login, pytest.raises(DatabaseError):
        ask(login)
