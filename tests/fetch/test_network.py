"""The way to a server: the address that was checked is the address that is dialled."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from tasks.fetch.download import Network
from tasks.fetch.network import Exchange, Route, is_public
from tasks.sources import FetchSettings, Source
from tests.fetch.web import QUICK, Web, page, rows, run_fetch, serving


@contextmanager
def trap(port: int) -> Iterator[list[str]]:
    """Listen on 127.0.0.1:`port` and note who comes."""
    visitors: list[str] = []
    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.settimeout(0.1)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    connection, address = listener.accept()
                except TimeoutError:
                    continue
                connection.close()
                visitors.append(str(address))

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield visitors
        done.set()
        thread.join()


def test_a_name_that_changes_its_address_cannot_lead_elsewhere(tmp_path: Path) -> None:
    """Every connection asks once, checks the answer, and dials just that answer."""
    asked: list[str] = []

    async def rebinding(host: str, port: int) -> list[str]:
        asked.append(f"{host}:{port}")
        return ["127.0.0.2"] if len(asked) == 1 else ["127.0.0.1"]

    with serving(Web(), host="127.0.0.2") as web, trap(web.port) as visitors:
        web.answers["/0"] = page(b"<p>x</p>")
        source = web.source(urls=[f"http://news.example:{web.port}/0"], connect_to="")
        report = run_fetch(tmp_path, [source], QUICK, network=Network(rebinding))
        assert report.captured == 1
        assert len(asked) == 1  # one connection, kept alive
    assert visitors == []


def test_a_name_at_a_private_address_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    """Loopback stands for all private addresses here: a test dials no other machine."""

    async def private(host: str, port: int) -> list[str]:
        del host, port
        return ["127.0.0.1"]

    with serving() as web:
        url = f"http://a.example:{web.port}/0"
        outside = Source(id="a", homepage="http://a.example/", urls=(url,))
        run_fetch(tmp_path, [outside], QUICK, network=Network(private))
        assert web.log == []
    assert [row["error"] for row in rows(tmp_path)] == ["private-address", "robots-unreachable"]


def test_certificates_are_checked_and_good_ones_accepted(tmp_path: Path) -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("news.example").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    with serving(context=server) as web:
        web.answers["/0"] = page(b"<p>x</p>")
        good = web.source(urls=["https://news.example/0"])
        assert run_fetch(tmp_path, [good], network=Network(ssl_context=client)).captured == 1
        other = web.source("other.example", urls=["https://other.example/0"])
        report = run_fetch(tmp_path, [other], network=Network(ssl_context=client))
        assert report.errors == {"bad-certificate": 1, "robots-unreachable": 1}


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
     "0.1.2.3", "100.64.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
     "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:10.0.0.1", "2002:a00:1::", "64:ff9b::7f00:1",
     "2001:db8::1", "2001:0:7f00:1::"],
)  # fmt: skip
def test_private_and_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_stays_what_it_is_however_it_is_wrapped(address: object) -> None:
    assert is_public(f"::ffff:{address}") == is_public(str(address))


def test_permissions_hold_for_a_sources_own_hosts_only() -> None:
    route = Route(Source(id="a", homepage="http://a.example/", allow_private=True,
                         connect_to="[::1]:8080"))  # fmt: skip
    assert route.may_be_private("www.a.example")
    assert not route.may_be_private("10.0.0.1")
    assert route.target("www.a.example", 80) == ("::1", 8080)
    assert route.target("b.example", 80) == ("b.example", 80)
    assert Route().target("b.example", 80) == ("b.example", 80)


@given(st.lists(st.integers(1, 40), min_size=1), st.booleans())
def test_a_head_is_found_however_it_is_cut(sizes: list[int], with_interim: bool) -> None:  # noqa: FBT001
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" if with_interim else b""
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    exchange = Exchange(Route(), FetchSettings())
    wire, position = interim + final, 0
    while position < len(wire):
        size = sizes[position % len(sizes)]
        exchange.take(wire[position : position + size])
        position += size
    exchange.received.seek(0)
    assert exchange.received.read() == final
    assert exchange.head_bytes == len(final) - 5
    exchange.close()
