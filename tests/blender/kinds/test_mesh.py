# SPDX-License-Identifier: Apache-2.0
import blenders
import pytest
from inside import run_cases


@pytest.mark.parametrize("version", blenders.VERSIONS)
def test_mesh(version):
    run_cases(version, "mesh")


@pytest.mark.parametrize("version", blenders.VERSIONS)
def test_members_of_a_mesh(version):
    run_cases(version, "mesh_members")


@pytest.mark.parametrize("version", blenders.VERSIONS)
def test_hostile_mesh(version):
    run_cases(version, "mesh_hostile")
