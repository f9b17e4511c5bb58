"""The command group: what the contract names, within Discord's limits, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.discord.declare import make_tree, size_of, tree_hash
from adapters.discord.forms import make_form
from tests.support.discord_rules import command_faults, modal_faults, openapi_path, schema_faults

Json = dict[str, Any]


@pytest.fixture
def whole() -> list[Json]:
    """The tree with everything that is declared."""
    return make_tree()


def find(tree: list[Json], *path: str) -> Json:
    node = tree[0]
    for name in path:
        node = next(one for one in node["options"] if one["name"] == name)
    return node


def test_it_is_one_group_within_the_limits(whole: list[Json]) -> None:
    assert [command["name"] for command in whole] == ["mailport"]
    assert command_faults(whole) == []
    assert size_of(whole[0]) <= 8000


@pytest.mark.skipif(openapi_path() is None, reason="Discord's OpenAPI document is not on this machine")
def test_it_is_what_discords_openapi_document_describes(whole: list[Json]) -> None:
    for path in (
        "/applications/{application_id}/commands",
        "/applications/{application_id}/guilds/{guild_id}/commands",
    ):
        assert schema_faults("PUT", path, whole) == []


# (path, option, required) as the contract writes them: `[…]` is optional.
CONTRACT = [
    (("ask",), "question", True),
    (("port",), "target", True),
    (("check",), "target", True),
    (("check",), "ports", False),
    (("explain",), "text", True),
    (("keys",), "address", True),
    (("history",), "target", True),
    (("history",), "days", False),
    *((("watch", word), "target", True) for word in ("add", "show", "pause", "resume", "remove")),
    (("report", "add"), "when", True),
    (("report", "add"), "targets", False),
    (("report", "add"), "timezone", False),
    *((("report", word), "id", True) for word in ("run", "pause", "resume", "remove")),
    *((("settings", word), "value", True) for word in ("language", "timezone", "alerts")),
    (("help",), "command", False),
]


@pytest.mark.parametrize(("path", "option", "required"), CONTRACT)
def test_options_are_named_as_in_the_contract(
    whole: list[Json], path: tuple[str, ...], option: str, required: bool
) -> None:
    assert find(whole, *path, option)["required"] is required


@pytest.mark.parametrize("path", [("trace",), ("status",), ("watch", "list"), ("report", "list")])
def test_nothing_has_to_be_given_where_the_contract_names_nothing(
    whole: list[Json], path: tuple[str, ...]
) -> None:
    assert not any(option["required"] for option in find(whole, *path)["options"])


def test_options_have_types(whole: list[Json]) -> None:
    assert find(whole, "history", "days")["type"] == 4
    assert find(whole, "check", "fresh")["type"] == 5
    assert find(whole, "trace", "file")["type"] == 11
    assert [one["value"] for one in find(whole, "settings", "language", "value")["choices"]] == ["en", "es"]
    assert find(whole, "watch", "show", "target")["autocomplete"] is True


def test_both_installations_and_all_contexts(whole: list[Json]) -> None:
    assert whole[0]["integration_types"] == [0, 1]
    assert whole[0]["contexts"] == [0, 1, 2]


def test_every_name_and_description_is_there_in_spanish(whole: list[Json]) -> None:
    def walk(node: Json) -> None:
        for locale in ("es-ES", "es-419"):
            assert node["description_localizations"][locale]
        for one in node.get("options", ()):
            walk(one)

    walk(whole[0])
    for path, option, _ in CONTRACT:
        for node in (find(whole, path[0]), find(whole, *path), find(whole, *path, option)):
            assert node["name_localizations"]["es-419"] != node["name"]
    assert find(whole, "watch", "add")["name_localizations"]["es-ES"] == "añadir"


def test_the_hash_changes_with_the_tree() -> None:
    tree = make_tree()
    assert tree_hash(tree) == tree_hash(make_tree())
    changed = [{**tree[0], "description": "other"}]
    assert tree_hash(changed) != tree_hash(tree)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("path", [("trace",), ("explain",), ("watch", "import"), ("watch", "add")])
def test_forms_keep_discords_limits(language: str, path: tuple[str, ...]) -> None:
    form = make_form(language, path)
    assert modal_faults(form) == []
    route = "/interactions/{interaction_id}/{interaction_token}/callback"
    assert schema_faults("POST", route, {"type": 9, "data": form}) == []
    assert form["components"][0]["component"]["required"] is True
