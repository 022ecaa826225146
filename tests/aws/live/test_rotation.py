"""Start rotations at an endpoint that reports another rotation."""

from __future__ import annotations

import http.server
import json
import threading

import pytest

from shield_ai.aws.live import rotation
from shield_ai.aws.live.rotation import MAX_STARTS, RotationClient
from shield_ai.aws.live.session import Session
from shield_ai.model.errors import AwsError


@pytest.fixture
def endpoint(no_real_aws, monkeypatch):
    """Secrets Manager with a secret `a`; RotateSecret is refused `refusals` times."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            action = self.headers["X-Amz-Target"].rpartition(".")[2]
            status, answer = answers[action](body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.stages, server.tokens, server.refusals = {"v": ["AWSCURRENT"]}, [], 0

    def rotate(body):
        server.tokens.append(body["ClientRequestToken"])
        if len(server.tokens) <= server.refusals:
            return 400, {"__type": "InvalidRequestException"}
        return 200, {"Name": "a", "VersionId": body["ClientRequestToken"]}

    answers = {
        "RotateSecret": rotate,
        "DescribeSecret": lambda _: (200, {"Name": "a", "VersionIdsToStages": server.stages}),
        "ListSecretVersionIds": lambda _: (200, {"Versions": []}),
    }
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setattr(rotation, "POLL_INTERVAL", 0.01)
    yield server
    server.shutdown()
    server.server_close()


def test_continues_the_pending_rotation(endpoint):
    endpoint.refusals = 9
    endpoint.stages = {"v": ["AWSCURRENT"], "w": ["AWSPENDING"]}
    assert RotationClient(Session("us-east-1")).start("a") == "w"


def test_starts_again_if_the_other_rotation_has_finished(endpoint):
    endpoint.refusals = 2
    token = RotationClient(Session("us-east-1")).start("a")
    assert endpoint.tokens == [token] * 3


def test_gives_up(endpoint):
    endpoint.refusals = 99
    with pytest.raises(AwsError, match="refused secretsmanager:RotateSecret"):
        RotationClient(Session("us-east-1")).start("a")
    assert len(endpoint.tokens) == MAX_STARTS
