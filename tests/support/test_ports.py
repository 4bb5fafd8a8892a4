"""Ports that are handed to programs stay free until the program binds them."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.support.ports import BLOCKS, HOST, free_port

ROOT = Path(__file__).parents[2]
RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_no_outgoing_connection_takes_one() -> None:
    first = int(RANGE.read_text().split()[0]) if RANGE.exists() else 32768
    assert BLOCKS[-1] + BLOCKS.step <= first
    assert free_port() < first


def test_each_is_another_one_and_free() -> None:
    ports = [free_port() for _ in range(BLOCKS.step // 2)]
    assert len(set(ports)) == len(ports)
    for port in ports:
        with socket.create_server((HOST, port)):
            pass


def test_one_that_is_taken_is_left_out() -> None:
    port = free_port()
    with socket.create_server((HOST, port)):
        assert port not in {free_port() for _ in range(BLOCKS.step)}


def test_two_processes_have_none_in_common() -> None:
    """Also while neither has bound one yet."""
    command = "from tests.support.ports import free_port; print(*(free_port() for _ in range(255)))"
    found = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    assert not {free_port() for _ in range(BLOCKS.step)} & {
        int(port) for port in found.stdout.split()
    }
