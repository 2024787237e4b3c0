"""Answers as GeoReport v2 writes them: one value, as JSON or as XML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from flask import Response

#: What an element of a list is called, by the name of the list.
_ITEM = {
    "services": "service",
    "service_requests": "request",
    "attributes": "attribute",
    "values": "value",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
#: Characters that no XML document may hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

JSON, XML = "json", "xml"


def answer(root: str, value: Any, form: str, status: int = 200) -> Response:
    """``value`` as a document: in XML its root element is ``root``, in JSON a list stands for itself."""
    if form == JSON:
        response = Response(
            json.dumps(value, ensure_ascii=False), status, content_type="application/json; charset=utf-8"
        )
    else:
        document = ElementTree.tostring(_element(root, value), encoding="utf-8", xml_declaration=True)
        response = Response(document, status, content_type="text/xml; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def errors(status: int, description: str, form: str) -> Response:
    return answer("errors", [{"code": status, "description": description}], form, status)


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(name)
    if isinstance(value, Mapping):
        element.extend(_element(k, v) for k, v in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        element.extend(_element(_ITEM[name], v) for v in value)
    elif value is not None:
        text = str(value).lower() if isinstance(value, bool) else str(value)
        element.text = _NOT_XML.sub("\ufffd", text)
    return element
