"""An authority of the tests' own, and what servers and programs get from it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.support.authority import Authority
from tests.support.misbehaving import server_context
from tests.support.probing import HOST


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def tls(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return server_context(authority.issue(HOST), tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def ca_file(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return authority.write_root(tmp_path_factory.mktemp("ca") / "root.pem")
