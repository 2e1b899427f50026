# SPDX-License-Identifier: Apache-2.0
import blenders
import pytest
from inside import run_cases


@pytest.mark.parametrize("version", blenders.VERSIONS)
def test_object(version):
    run_cases(version, "object")
