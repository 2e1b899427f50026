# SPDX-License-Identifier: Apache-2.0
"""What is published for other people's tools, judged by their own: AsyncAPI's parser and Ajv."""
import json

import pytest
from generate import build_files, write
from load import HERE, Schema
from node import ajv_problems, asyncapi_problems

SCHEMA = Schema()


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    write(folder, build_files(SCHEMA))
    return folder


def test_the_asyncapi_document_is_right(published):
    assert asyncapi_problems(published / "asyncapi.json") == []
    document = json.loads((published / "asyncapi.json").read_text())
    addresses = {channel["address"] for channel in document["channels"].values()}
    assert {"scenesync/v1/{scene}/state/{kind}/{uuid}", "scenesync/v1/{scene}/json/{kind}/{uuid}/set"} <= addresses


def test_the_parser_would_have_said_so(published, tmp_path):
    document = json.loads((published / "asyncapi.json").read_text())
    document["operations"]["send_set"]["channel"]["$ref"] = "#/channels/nothing"
    document["operations"]["send_state"]["action"] = "shout"
    (tmp_path / "broken.json").write_text(json.dumps(document))
    assert asyncapi_problems(tmp_path / "broken.json")


def as_people_write(value):
    """An example in the form that the schemas describe: of blobs the hash as a string."""
    if isinstance(value, dict):
        return {key: item["$bin"] if key == "sha256" and isinstance(item, dict) else as_people_write(item) for key, item in value.items()}
    return [as_people_write(item) for item in value] if isinstance(value, list) else value


def test_examples_fit(published):
    pairs = [(f"json/{name}.json", example["value"]) for name, message in SCHEMA.messages["json"].items() for example in message["examples"]]
    vectors = json.loads((HERE / "vectors" / "messages.json").read_text())
    pairs += [(f"{vector['channel']}/{vector['message']}.json", vector["json"]) for vector in vectors if "text" not in SCHEMA.messages[vector["channel"]][vector["message"]]]
    assert [pair for pair, problems in zip(pairs, ajv_problems(published / "json", pairs), strict=True) if problems] == []


WRONG = [("mirror/light.json", {"v": 1, "kind": "light", "id": "x", "fields": {}, "names": {}}, "/id"),
         ("mirror/light.json", {"v": 1, "kind": "lamp", "id": "0123e456-89ab-4def-8123-456789abcdef", "fields": {}, "names": {}}, "/kind"),
         ("set/light.json", {"fields": {"energy": "much"}}, "/fields/energy"), ("set/transform.json", {"fields": {"location": [1, 2]}}, "/fields/location"),
         ("set/object.json", {"fields": {"parent": "Cube"}}, "/fields/parent"), ("json/answer.json", {"v": 1}, "ok"), ("json/set.json", {}, "fields")]


def test_what_is_wrong_does_not_fit(published):
    said = ajv_problems(published / "json", [(schema, value) for schema, value, _ in WRONG])
    assert all(any(place in problem for problem in problems) for problems, (_, _, place) in zip(said, WRONG, strict=True)), said
