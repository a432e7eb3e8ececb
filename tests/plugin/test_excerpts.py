"""What a finding quotes, and what a module stands on, in the document."""

from __future__ import annotations

from plugin.project import Project

_SECRET = "Zk8wQn4Vt7BxLm2P"  # noqa: S105 - it must not be found


def test_a_module_names_what_it_stands_on(project: Project) -> None:
    project.module("db", state={"class": "stateful"})
    project.module("web", requires=["db"], state={"class": "stateless"})
    project.module("init", requires=["web"], state={"class": "sidecar", "owner": "db"})
    modules = project.pytest("-k", "schema", "--json").modules
    assert modules["web"]["requires"] == ["db"]
    assert "owner" not in modules["web"]
    assert (modules["init"]["owner"], modules["init"]["requires"]) == ("db", ["web"])
    assert "requires" not in modules["db"]


def test_a_finding_quotes_the_lines_around_it(project: Project) -> None:
    project.module("web")
    project.service("web", image="registry.example/web")
    check = project.pytest("-m", "contract", "--json").checks("web")["contract::image.pinned"]
    (found,) = check["findings"]
    excerpt = found["excerpt"]
    marked = excerpt["lines"][excerpt["line"] - excerpt["first"]]
    assert excerpt["line"] == found["line"]
    assert "image: registry.example/web" in marked
    assert marked[excerpt["column"] :][: excerpt["width"]].strip()


def test_a_quoted_line_holds_no_secret(project: Project) -> None:
    project.module("web")
    text = project.file(
        "modules/compose.yaml",
        f"services:\n  web:\n    environment: {{API_TOKEN: {_SECRET}}}\n"
        "    image: registry.example/web\n    restart: unless-stopped\n",
    )
    assert _SECRET in text.read_text(encoding="utf-8")
    outcome = project.pytest("-m", "contract", "--json")
    found = outcome.checks("web")["contract::image.pinned"]["findings"][0]
    assert "API_TOKEN" in "".join(found["excerpt"]["lines"])
    assert _SECRET not in outcome.stdout
