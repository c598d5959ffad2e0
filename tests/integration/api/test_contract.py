"""What the OpenAPI document promises, asked of the running interface: schemathesis, bounded and always the same.

Left out is schemathesis's check that whatever fits the schemas is accepted: a deed that fits may still be refused,
because the task does not allow it (409, 412), or because its parts do not go together (422).
"""

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.request import urlopen
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig

from api.app import document
from tests.fixtures.databases import Databases
from tests.integration.api.served import Served, served
from tests.paths import ROOT
from tools.docs.contract import CONTRACT

pytestmark = pytest.mark.timeout(900)
"""Thousands of requests: on a machine that others need too, they take as long as they take."""
load_all_checks()
_LEFT_OUT: Final = ("positive_data_acceptance",)
_EVERY: Final = 5
"""Every fifth case keeps the made-up reference; the others are about a task that is there."""
_CONFIG: Final = SchemathesisConfig.from_dict(
    # A precondition that is missing has a status of its own (RFC 6585, 3).
    {"request-timeout": 60, "checks": {"missing_required_header": {"expected-statuses": [400, 401, 428]}}}
)
schema = schemathesis.openapi.from_dict(document(), config=_CONFIG)


@pytest.fixture(scope="module")
def interface(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The running interface, on a database of its own."""
    with databases.empty() as url, served(url, tmp_path_factory.mktemp("interface")) as running:
        yield running


def test_the_document_that_is_served_is_the_one_in_the_repository(interface: Served) -> None:
    with urlopen(f"{interface.url}/openapi.json") as answer:  # noqa: S310 - our own address
        found = json.load(answer)
    assert found == json.loads((ROOT / CONTRACT / "openapi.json").read_text("utf-8"))


@schema.parametrize()
@settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_interface_keeps_what_its_document_promises(
    case: "schemathesis.Case[Any]", interface: Served
) -> None:
    number = _number_of(case)
    # What does not fit is left as it was made: with a good reference in a bad one's place it might fit.
    fits = case.meta is not None and case.meta.generation.mode.is_positive
    if fits and "reference" in case.path_parameters and number % _EVERY:
        case.path_parameters["reference"] = interface.references[number % len(interface.references)]
    if fits and case.path.endswith("/deeds"):
        # Whatever headers fit are made up too, and nearly none of them is a version of the task.
        case.headers["If-Match"] = "*"
        case.headers["Idempotency-Key"] = f"key-{number}"
    response = case.call(base_url=interface.url, headers={"Authorization": interface.token})
    excluded: Any = CHECKS.get_by_names(list(_LEFT_OUT))
    case.validate_response(response, excluded_checks=excluded)


def _number_of(case: "schemathesis.Case[Any]") -> int:
    """The same for the same case, however often and in whatever order it is asked: a failure can be played again."""
    return crc32(repr((case.method, case.path, case.path_parameters, case.query, case.body)).encode())
