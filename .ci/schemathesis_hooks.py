"""What no description can tell schemathesis about this server."""

import json
import uuid

import schemathesis
from schemathesis.openapi.checks import EnsureResourceAvailability

CONDITIONS = ("If-Match", "If-None-Match")
KEY = "Idempotency-Key"
NAMED_BESIDES = ("user_not_found", "revision_not_found")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Mends requests that are meant to be accepted; the others are sent as they were made up."""
    if case.meta is None or not case.meta.generation.mode.is_positive or not case.headers:
        return
    # A key stands for one request: another one under the same key is refused, as it should be.
    if KEY in case.headers:
        case.headers[KEY] = str(uuid.uuid4())
    # The coverage phase makes headers of letters and digits alone. So it knows no valid value where
    # quotes are wanted, and puts an invalid one into requests that it takes for valid.
    for name in CONDITIONS:
        if name in case.headers and not is_valid(case, name):
            del case.headers[name]
    # A text is made from one revision, whether the query or the condition names it.
    if case.headers.get("If-Match", "*") != "*" and "base" in (case.query or {}):
        del case.query["base"]


def is_valid(case, name):
    return case.operation.headers.get(name).get_validator().is_valid(str(case.headers[name]))


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Leaves out what is none."""
    # What is not found is what the request names besides, not what was made before.
    if isinstance(failure, EnsureResourceAvailability):
        return response.json()["code"] not in NAMED_BESIDES
    # What people see as one character counts as one in a name, of however many it is made, so that
    # some names are accepted that are longer by the count of a schema.
    said = json.dumps([case.body, dict(case.query or {})], default=str, ensure_ascii=False)
    return said.isascii() or "violates `maxLength`" not in failure.message
