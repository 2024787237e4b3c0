"""The answers of GeoReport v2 as JSON Schemas, written from the specification, and its XML as the same values: each
element by the name that the specification gives it."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree

from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

_TEXT: dict[str, Any] = {"type": "string"}
_SAID = {"type": "string", "minLength": 1}
_MAYBE = {"type": ["string", "null"]}
_NUMBER = {"type": ["number", "null"]}
#: W3C's subset of ISO 8601, with its offset.
_MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$"}


def _object(fields: dict[str, Any], required: set[str] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": fields,
        "required": sorted(fields if required is None else required),
        "additionalProperties": False,
    }


def _list(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": item, **more}


SERVICES = _list(
    _object(
        {
            "service_code": _SAID,
            "service_name": _SAID,
            "description": _TEXT,
            "metadata": {"type": "boolean"},
            "type": {"enum": ["realtime", "batch", "blackbox"]},
            "keywords": _TEXT,
            "group": _TEXT,
        }
    )
)
_ATTRIBUTE = {
    "variable": {"type": "boolean"},
    "code": _SAID,
    "datatype": {"enum": ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]},
    "required": {"type": "boolean"},
    "datatype_description": _MAYBE,
    "order": {"type": "integer", "minimum": 1},
    "description": _SAID,
    "values": _list(_object({"key": _SAID, "name": _SAID})),
}
DEFINITION = _object({"service_code": _SAID, "attributes": _list(_object(_ATTRIBUTE, set(_ATTRIBUTE) - {"values"}))})
POSTED = _list(
    _object({"service_request_id": _SAID, "service_notice": _MAYBE, "account_id": _MAYBE}), minItems=1, maxItems=1
)
REQUESTS = _list(
    _object(
        {
            "service_request_id": _SAID,
            "status": {"enum": ["open", "closed"]},
            "status_notes": _MAYBE,
            "service_name": _SAID,
            "service_code": _SAID,
            "description": _MAYBE,
            "agency_responsible": _MAYBE,
            "service_notice": _MAYBE,
            "requested_datetime": _MOMENT,
            "updated_datetime": _MOMENT,
            "expected_datetime": {"anyOf": [_MOMENT, {"type": "null"}]},
            "address": _MAYBE,
            "address_id": _MAYBE,
            "zipcode": _MAYBE,
            "lat": _NUMBER,
            "long": _NUMBER,
            "media_url": _MAYBE,
        }
    ),
    maxItems=1000,
)
ERRORS = _list(_object({"code": {"type": "integer", "minimum": 400}, "description": _SAID}), minItems=1)
DISCOVERY = _object(
    {
        "changeset": _MOMENT,
        "contact": _SAID,
        "key_service": _SAID,
        "endpoints": _list(
            _object(
                {
                    "specification": {"const": "http://wiki.open311.org/GeoReport_v2"},
                    "url": {"type": "string", "pattern": "^https?://[^ ]+/open311/v2$"},
                    "changeset": _MOMENT,
                    "type": {"enum": ["production", "test"]},
                    "formats": _list({"enum": ["text/xml", "application/json"]}, minItems=1, uniqueItems=True),
                }
            ),
            minItems=1,
        ),
    }
)

#: List → what each of its elements is called.
_ITEMS = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
#: Schema → root element.
_ROOT = {
    id(SERVICES): "services",
    id(DEFINITION): "service_definition",
    id(POSTED): "service_requests",
    id(REQUESTS): "service_requests",
    id(ERRORS): "errors",
    id(DISCOVERY): "discovery",
}


def read_xml(response: TestResponse) -> tuple[str, Any]:
    """The root's name, and the value: lists and mappings as in JSON, everything else text."""
    assert response.headers["Content-Type"] == "text/xml; charset=utf-8"
    root = ElementTree.fromstring(response.data)
    assert response.data.startswith(b"<?xml")
    return root.tag, _value(root)


def _value(element: ElementTree.Element) -> Any:
    assert not element.attrib
    if element.tag in _ITEMS:
        assert {child.tag for child in element} <= {_ITEMS[element.tag]}
        return [_value(child) for child in element]
    if len(element):
        names = [child.tag for child in element]
        assert len(set(names)) == len(names)
        return {child.tag: _value(child) for child in element}
    return element.text or ""


def as_text(value: Any) -> Any:
    """A value of JSON as XML has it."""
    if isinstance(value, dict):
        return {k: as_text(v) for k, v in value.items()}
    if isinstance(value, list):
        return [as_text(v) for v in value]
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def valid(response: TestResponse, schema: dict[str, Any], status: int = 200) -> Any:
    """The value of a JSON answer, which follows the schema."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    value = json.loads(response.data.decode("utf-8"))
    problems = [f"{list(e.absolute_path)}: {e.message}" for e in Draft202012Validator(schema).iter_errors(value)]
    assert problems == []
    return value


def both(client: FlaskClient, path: str, schema: dict[str, Any], status: int = 200, **how: Any) -> Any:
    """Asks in both formats (``{form}`` in the path): the JSON follows the schema, the XML says the same, element by
    element."""
    value = valid(client.open(path.format(form="json"), **how), schema, status)
    answer = client.open(path.format(form="xml"), **how)
    assert answer.status_code == status
    root, said = read_xml(answer)
    assert root == _ROOT[id(schema)]
    assert said == as_text(value)
    return value
