# SPDX-License-Identifier: Apache-2.0
"""`scene` at every broker, or at those that --broker=NAME gives; at those that a test's mark `only` names."""
import brokers
import pytest
from agents import world

pytest.register_assert_rewrite("test_agent_sync", "test_agent_blobs", "test_joining")


def pytest_configure(config):
    config.addinivalue_line("markers", "only(*names): the brokers that the test is about")


def pytest_addoption(parser):
    parser.addoption("--broker", action="append", choices=brokers.NAMES, help="only this one; repeatable")


def pytest_generate_tests(metafunc):
    if "broker" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("only")
        wanted = metafunc.config.getoption("broker") or brokers.NAMES
        metafunc.parametrize("broker", [name for name in wanted if not only or name in only.args], indirect=True)


@pytest.fixture
def broker(request, tmp_path):
    """One that does not run yet."""
    lack = brokers.missing(request.param)
    if lack:
        pytest.skip(lack)
    return brokers.make(request.param, tmp_path)


@pytest.fixture
def scene(tmp_path, broker):
    with world(tmp_path, broker) as made:
        yield made
