"""The server of ``lso explore``: what it hands out, and to whom it does not."""

from __future__ import annotations

import http.client
import re
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("websockets")
from exploring import LIMIT, Visitor, served, tiny
from lso_native.explore.pages import HEADERS, read_pages
from websockets.exceptions import InvalidStatus

pytestmark = pytest.mark.extra


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with served(tiny(tmp_path_factory.mktemp("models"))) as port:
        yield port


def get(port: int, path: str = "/", **headers: str) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LIMIT)
    connection.request("GET", path, headers={"Host": f"127.0.0.1:{port}", **headers})
    answer = connection.getresponse()
    return answer.status, answer.read(), dict(answer.getheaders())


def raw(port: int, request: bytes) -> bytes:
    """What comes back for the very bytes of ``request``."""
    with socket.create_connection(("127.0.0.1", port), LIMIT) as line:
        answer = b""
        try:
            line.sendall(request)
            if not request.endswith(b"\r\n\r\n"):  # else nobody would wait for the rest
                line.shutdown(socket.SHUT_WR)
            while part := line.recv(4096):
                answer += part
        except (ConnectionResetError, BrokenPipeError):
            pass
    return answer


def assert_serves(port: int) -> None:
    with Visitor(port) as visitor:
        assert visitor.enter()["labels"] == ["0", "1", "2"]


def test_every_file_of_the_page_is_there_and_nothing_is_from_outside(port: int) -> None:
    pages = read_pages()
    for path, (kind, content) in pages.items():
        status, body, headers = get(port, path)
        assert (status, body, headers["Content-Type"]) == (200, content, kind)
        assert HEADERS.items() <= headers.items()
        text = content.decode().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text)
        named = re.findall(r'(?:href|src)="([^"#]+)"|from "\./([^"]+)"', text)
        for name in ("".join(pair) for pair in named):
            assert f"/{name}" in pages, f"{path} names {name}"
    assert len(pages) > 5
    assert pages["/"][1].startswith(b"<!doctype html>")


def test_the_page_has_no_script_or_style_of_its_own() -> None:
    page = read_pages()["/"][1].decode()  # the policy would not let them run
    assert not re.search(r"<style|style=|\son\w+=|<script>|<script(?![^>]*src=)", page)
    assert "default-src 'self'" in HEADERS["Content-Security-Policy"]
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/main.js", "/socket", "/nothing"])
@pytest.mark.parametrize(
    "host",
    ["rebound.example", "rebound.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "[::1]:{port}"],
)
def test_a_name_that_was_made_to_lead_here_is_refused(port: int, path: str, host: str) -> None:
    status, body, headers = get(port, path, Host=host.format(port=port))
    assert status == 421
    assert b"<" not in body
    assert HEADERS.items() <= headers.items()


def test_hosts_that_are_missing_or_two_are_refused(port: int) -> None:
    ours = f"Host: 127.0.0.1:{port}\r\n"
    for headers in ("", ours + "Host: rebound.example\r\n", "Host: rebound.example\r\n" + ours):
        assert raw(port, f"GET / HTTP/1.1\r\n{headers}\r\n".encode()).startswith(b"HTTP/1.1 421 ")
    assert raw(port, f"GET / HTTP/1.1\r\n{ours}\r\n".encode()).startswith(b"HTTP/1.1 200 ")


def test_localhost_is_this_machine_too(port: int) -> None:
    assert get(port, Host=f"localhost:{port}")[0] == 200
    with Visitor(port, origin=f"http://localhost:{port}") as visitor:
        visitor.enter()


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://evil.example:{port}",
        "https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:{port}/",
        "http://evil.example http://127.0.0.1:{port}",
    ],
)
def test_sockets_of_other_sites_are_refused(port: int, origin: str | None) -> None:
    with pytest.raises(InvalidStatus) as refused:
        Visitor(port, origin=origin and origin.format(port=port))
    assert refused.value.response.status_code == 403
    assert_serves(port)


def test_no_other_site_may_read_an_answer(port: int) -> None:
    headers = get(port, "/main.js", Origin="http://evil.example")[2]
    assert not [name for name in headers if name.lower().startswith("access-control")]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/../secret", "/%2e%2e/pages.py", "/pages.py", "//main.js", "/main.js/"]
)
def test_there_is_nothing_but_the_page(port: int, path: str) -> None:
    assert get(port, path)[0] == 404


@pytest.mark.parametrize(
    "request_",
    [
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 3\r\n\r\nabc",
        b"PUT /socket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
        b"OPTIONS / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 99999999\r\n\r\n"
        + b"x" * 100_000,
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n" + b"X: x\r\n" * 10_000 + b"\r\n",
        b"no request at all\r\n\r\n",
        b"\x00\xff\xfe",
        b"",
    ],
    ids=["post", "put", "options", "body", "path", "header", "headers", "text", "bytes", "nothing"],
)
def test_other_requests_are_refused(port: int, request_: bytes) -> None:
    answer = raw(port, request_.replace(b"{port}", str(port).encode()))
    assert b" 200 " not in answer[:20]
    assert b"Access-Control" not in answer
    assert_serves(port)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one loopback address")
def test_nobody_answers_at_another_address(port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), 5).close()


def test_there_is_an_end_of_room(tmp_path: Path) -> None:
    with served(tiny(tmp_path), most_sessions=2) as port:
        with Visitor(port), Visitor(port):
            with pytest.raises(InvalidStatus) as refused:
                Visitor(port)
            assert refused.value.response.status_code == 503
            assert get(port)[0] == 200
        assert_serves(port)
