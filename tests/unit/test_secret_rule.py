"""Which names and shapes are secret, and which are public."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_platform.compose.env_file import parse
from pytest_platform.run.known_values import known_values
from pytest_platform.secrets import Secrets
from pytest_platform.secrets.forms import is_own
from pytest_platform.secrets.names import says_public, says_secret
from pytest_platform.secrets.rule import of_text
from pytest_platform.secrets.shapes import is_public


def words(text: str) -> list[str]:
    return text.split()


SECRET_NAMES = words("""
DB_PASSWORD DB_PWD dbPwd RPCPASS x.rpcpass VAULT_DEV_ROOT_TOKEN_ID WG_PRESHARED_KEY WIFI_PSK
AUTH_SALT RABBITMQ_ERLANG_COOKIE SMTP_PASS API_KEY SECRET_KEY_BASE ACCESS_TOKEN
""")
OTHER_NAMES = words("""
COMPASS_PORT COMPASS BYPASS_RULES TOKEN_TTL PASSWORD_MIN_LENGTH PWD OLDPWD MONKEY PUBLIC_KEY
SECRET_NAME MAX_TOKENS KEYBOARD
""")
PUBLIC = words("""
3000 true 127.0.0.1 127.0.0.1:8080 [::1]:80 db.example.org:5432 /var/lib/data ./data 5m 1h30m
512MiB Europe/Berlin UTC redis:7.2 registry.example.org:5000/app:v1.2 http://api:8080/v1 v1.2.3
80:80
""")
NOT_PUBLIC = words("""
Kq7vXw2Zr9TbNm4 hunter22 admin:hunter22 /9aB3kdZx72QwErTy correct-horse postgres://u:pw@db/app
a1b2c3d4e5f6a7b8c9d0
""")


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_that_says_secret(name: str) -> None:
    assert says_secret(name)
    assert not says_public(name)


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_a_name_that_does_not(name: str) -> None:
    assert not says_secret(name)


@pytest.mark.parametrize("value", PUBLIC)
def test_a_public_shape(value: str) -> None:
    assert is_public(value)
    assert not len(Secrets(outside=[("ANY", value)]))


@pytest.mark.parametrize("value", NOT_PUBLIC)
def test_any_other_shape(value: str) -> None:
    assert not is_public(value)
    assert value not in Secrets(outside=[("ANY", value)]).hide(f"<{value}>", "")


@pytest.mark.parametrize("word", ["restart", "published", "image", "contract.image.pinned"])
def test_our_own_words_are_no_secrets(word: str) -> None:
    assert is_own(word)
    secrets = Secrets([word], [("DB_PASSWORD", word)])
    assert secrets.hide(f"the {word} of it", "*") == f"the {word} of it"


def test_what_is_public_elsewhere_is_no_secret_but_by_name() -> None:
    secrets = Secrets(outside=[("A", "blue-7"), ("DB_PASSWORD", "green-7"), ("PW", "postgres")])
    public = secrets.without(["blue-7", "green-7", "postgres"])
    assert public.hide("blue-7 green-7 postgres", "*") == "blue-7 * postgres"


PARTS = {
    "postgres://me:Kq7vXw2Zr9@db:5432/app": "Kq7vXw2Zr9",
    "postgres://me:p%40ss%2Fw0rd@db/app": "p@ss/w0rd",
    "jdbc:postgresql://db/app?user=me&password=Kq7vXw2Zr9": "Kq7vXw2Zr9",
    "jdbc:sqlserver://db:1433;user=sa;password=Kq7vXw2Zr9": "Kq7vXw2Zr9",
    "Server=db;User Id=sa;Password=Kq7vXw2Zr9;": "Kq7vXw2Zr9",
    "host=db password=Kq7vXw2Zr9 user=me": "Kq7vXw2Zr9",
    "me:Kq7vXw2Zr9@tcp(db:3306)/app": "Kq7vXw2Zr9",
    '{"user": "me", "list": ["Kq7vXw2Zr9"]}': "Kq7vXw2Zr9",
    "one-key-1,Kq7vXw2Zr9,other-key-2": "Kq7vXw2Zr9",
    "[default]\nkey = Kq7vXw2Zr9\n": "Kq7vXw2Zr9",
    "redis://Kq7vXw2Zr9@cache:6379": "Kq7vXw2Zr9",
    "https://api.example.org/x?sig=Kq7vXw2Zr9": "Kq7vXw2Zr9",
}


@pytest.mark.parametrize("value", PARTS)
def test_a_part_of_a_value_is_a_value(value: str) -> None:
    secrets = Secrets(outside=[("ANY", value)])
    assert PARTS[value] not in secrets.hide(f"it says {PARTS[value]}", "*")


IN_URLS = {
    "postgres://me:p%40ss%2Fw0rd@db/app": "p@ss/w0rd",
    "https://api.example.org/x?api%5Fkey=Kq7vXw2Zr9": "Kq7vXw2Zr9",
}


@pytest.mark.parametrize("url", IN_URLS)
def test_a_url_is_read_where_it_is_no_value_of_a_secret(url: str) -> None:
    assert IN_URLS[url] in set(of_text(url))


def test_files_of_variables() -> None:
    text = 'export A=one # c\nB: two\nC="x\ny"\n# D=no\nE=\'f\nF\nG="a\\tb"\n'
    read = list(parse(text))
    for pair in [
        ("A", "one"),
        ("B", "two"),
        ("C", "x\ny"),
        ("E", "'f"),
        ("F", None),
        ("G", "a\tb"),
    ]:
        assert pair in read
    assert not any(value == "no" for _, value in read)


OUR_OWN = [
    "command holds the password for MySQL in plain text",
    "environment.DSN holds the value of password in plain text",
    "the user of the database is db user",
]
"""Sentences of ours, and settings that stand side by side in one value."""


@pytest.mark.parametrize("said", OUR_OWN)
@pytest.mark.parametrize(
    "value",
    [
        "host=db user=u password=hunter22b",
        "user=u password=hunter22b dbname=app",
        "Server=db;User Id=sa;Password=hunter22b;database name=app",
    ],
)
def test_names_of_settings_are_words_of_everybody(value: str, said: str) -> None:
    secrets = Secrets(outside=[("DSN", value)])
    assert secrets.hide(said, "*") == said
    assert "hunter22b" not in secrets.hide(f"it says hunter22b and {value}", "*")


def test_the_same_list_in_two_services_is_secret_in_both(tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    service = "{image: x, command: [serve, --password, correct-horse]}"
    file.write_text(f"services: {{a: {service}, b: {service}}}")
    known = known_values([(file,)], [], {})
    assert "correct-horse" not in known.hide("it says correct-horse", "*")
