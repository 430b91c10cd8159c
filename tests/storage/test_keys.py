"""Keys of endpoints: found where they are, kept where it is safest, shown nowhere."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null

from studybuddy.domain.endpoints import KeySource
from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.storage.keychain import KeychainUnavailable, NoKeychain, SystemKeychain
from studybuddy.storage.keys import KeyStore

KEY = "sk-proj-abcDEF123_456"


class MemoryKeychain:
    """A keychain that a test can break."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self.failure: KeychainUnavailable | None = None
        self.asked = 0

    def _ask(self) -> None:
        self.asked += 1
        if self.failure is not None:
            raise self.failure

    def get(self, name: str) -> str | None:
        self._ask()
        return self.kept.get(name)

    def set(self, name: str, secret: str) -> None:
        self._ask()
        self.kept[name] = secret

    def delete(self, name: str) -> None:
        self._ask()
        self.kept.pop(name, None)


@pytest.fixture
def keychain() -> MemoryKeychain:
    return MemoryKeychain()


@pytest.fixture
def absent(keychain: MemoryKeychain) -> MemoryKeychain:
    keychain.failure = NoKeychain("none here")
    return keychain


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config" / "keys.json"


def test_where_there_is_no_key_none_is_found(file: Path, keychain: MemoryKeychain) -> None:
    assert KeyStore(file, keychain).find_key("lab", "LAB_KEY", {}) == ("", KeySource.NONE)
    assert not file.parent.exists()


def test_the_environment_comes_first_and_no_keychain_is_asked(
    file: Path, keychain: MemoryKeychain
) -> None:
    keychain.kept["lab"] = "other"
    store = KeyStore(file, keychain)
    environ = {"LAB_KEY": f" {KEY}\n", "EMPTY": " "}
    assert store.find_key("lab", "LAB_KEY", environ) == (KEY, KeySource.ENVIRONMENT)
    assert keychain.asked == 0
    assert store.find_key("lab", "EMPTY", environ) == ("other", KeySource.KEYCHAIN)
    assert store.find_key("lab", "", environ) == ("other", KeySource.KEYCHAIN)


def test_a_key_is_kept_in_the_keychain_and_in_no_file(file: Path, keychain: MemoryKeychain) -> None:
    store = KeyStore(file, keychain)
    assert store.store_key("openai", f"  {KEY}\n") is KeySource.KEYCHAIN
    assert keychain.kept == {"openai": KEY}
    assert not file.exists()
    assert store.find_key("openai", "", {}) == (KEY, KeySource.KEYCHAIN)
    store.forget_key("openai")
    assert keychain.kept == {}


def test_without_a_keychain_it_is_kept_in_a_private_file(
    file: Path, absent: MemoryKeychain
) -> None:
    store = KeyStore(file, absent)
    assert store.store_key("openai", KEY) is KeySource.FILE
    assert store.store_key("lab server", "other-key") is KeySource.FILE
    assert store.find_key("openai", "", {}) == (KEY, KeySource.FILE)
    assert store.find_key("lab server", "", {}) == ("other-key", KeySource.FILE)
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [found.name for found in file.parent.iterdir()] == ["keys.json"]
    store.forget_key("openai")
    store.forget_key("openai")
    assert store.find_key("openai", "", {}) == ("", KeySource.NONE)
    assert store.find_key("lab server", "", {}) == ("other-key", KeySource.FILE)


@pytest.mark.skipif(os.name != "posix", reason="modes are told otherwise here")
def test_the_file_is_private_from_the_moment_it_exists(
    file: Path, absent: MemoryKeychain, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    fsync = os.fsync

    def watched(descriptor: int) -> None:
        modes.extend(stat.S_IMODE(found.stat().st_mode) for found in file.parent.glob(".keys*tmp"))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    old = os.umask(0)
    try:
        KeyStore(file, absent).store_key("openai", KEY)
    finally:
        os.umask(old)
    assert modes == [0o600]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="modes are told otherwise here")
def test_a_file_that_others_can_read_is_made_private(file: Path, absent: MemoryKeychain) -> None:
    file.parent.mkdir()
    file.write_text(json.dumps({"openai": KEY}))
    file.chmod(0o644)
    assert KeyStore(file, absent).find_key("openai", "", {})[0] == KEY
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_newest_key_wins_wherever_it_had_to_be_kept(
    file: Path, keychain: MemoryKeychain
) -> None:
    store = KeyStore(file, keychain)
    store.store_key("openai", "first-key")
    keychain.failure = KeychainUnavailable("locked")
    assert store.store_key("openai", "second-key") is KeySource.FILE
    keychain.failure = None
    assert store.find_key("openai", "", {}) == ("second-key", KeySource.FILE)
    assert store.store_key("openai", "third-key") is KeySource.KEYCHAIN
    assert store.find_key("openai", "", {}) == ("third-key", KeySource.KEYCHAIN)
    assert "second-key" not in file.read_text()


def test_a_keychain_that_fails_to_forget_is_told(file: Path, keychain: MemoryKeychain) -> None:
    keychain.failure = KeychainUnavailable("the keychain did not answer in 5 seconds")
    with pytest.raises(StudyBuddyError) as caught:
        KeyStore(file, keychain).forget_key("openai")
    assert "may still be in the keychain" in caught.value.problem.sentence


@pytest.mark.parametrize(
    "key", ["", "  ", "two words", "line\nbreak", "tab\tbed", "nö", "\x1b[31m"]
)
def test_what_is_no_key_is_refused_and_not_repeated(
    file: Path, absent: MemoryKeychain, key: str
) -> None:
    with pytest.raises(StudyBuddyError) as caught:
        KeyStore(file, absent).store_key("openai", key)
    assert caught.value.problem.kind is ProblemKind.STORAGE
    assert not key.strip() or key not in str(caught.value)
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"openai": 3}', '{"openai": "sk-se', "\x00"])
def test_a_damaged_key_file_is_no_key_and_is_kept_when_a_new_one_is_written(
    file: Path, absent: MemoryKeychain, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.mkdir()
    file.write_text(text)
    store = KeyStore(file, absent)
    assert store.find_key("openai", "", {}) == ("", KeySource.NONE)
    assert file.read_text() == text
    store.store_key("openai", KEY)
    assert store.find_key("openai", "", {}) == (KEY, KeySource.FILE)
    [kept] = [found for found in file.parent.iterdir() if "damaged" in found.name]
    assert kept.read_text() == text
    assert "sk-" not in caplog.text


def test_a_folder_that_cannot_be_written_is_told_and_the_key_is_not(
    ordinary_folder: Path, absent: MemoryKeychain
) -> None:
    ordinary_folder.chmod(0o500)
    with pytest.raises(StudyBuddyError, match="not allowed to write") as caught:
        KeyStore(ordinary_folder / "keys.json", absent).store_key("openai", KEY)
    chain: BaseException | None = caught.value
    while chain is not None:
        assert KEY not in repr(chain) + str(chain)
        chain = chain.__cause__ or chain.__context__


def test_every_key_is_told_to_the_log_to_be_left_out(file: Path, absent: MemoryKeychain) -> None:
    secrets: list[str] = []
    store = KeyStore(file, absent, secrets.append)
    store.store_key("openai", KEY)
    store.find_key("openai", "", {})
    store.find_key("lab", "LAB", {"LAB": "lab-key"})
    store.find_key("none", "", {})
    assert secrets == [KEY, KEY, "lab-key"]
    assert KEY not in repr(store) + str(vars(store))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=10).filter(lambda name: name.isprintable()),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30),
        max_size=4,
    )
)
def test_any_keys_under_any_names_come_back(
    tmp_path_factory: pytest.TempPathFactory, keys: dict[str, str]
) -> None:
    keychain = MemoryKeychain()
    keychain.failure = NoKeychain("none")
    file = tmp_path_factory.mktemp("keys") / "keys.json"
    for name, key in keys.items():
        KeyStore(file, keychain).store_key(name, key)
    for name, key in keys.items():
        assert KeyStore(file, keychain).find_key(name, "", {}) == (key, KeySource.FILE)


# The system's keychain, through keyring, with backends of our own.


class _Backend(KeyringBackend):
    priority = 5
    viable = False  # keyring finds it nowhere by itself

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class _Stuck(_Backend):
    def __init__(self, let_go: threading.Event) -> None:
        super().__init__()
        self.let_go = let_go
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        self.let_go.wait()
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.get_password(service, username)


class _Failing(_Backend):
    def get_password(self, service: str, username: str) -> str | None:
        raise OSError("no bus")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise ValueError(f"can't keep {password}")


class _Forgetful(_Backend):
    def set_password(self, service: str, username: str, password: str) -> None:
        pass


@pytest.fixture(autouse=True)
def _own_backends() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_the_system_keychain_keeps_gives_and_forgets() -> None:
    backend = _Backend()
    keyring.set_keyring(backend)
    keychain = SystemKeychain()
    assert keychain.get("openai") is None
    keychain.set("openai", KEY)
    assert backend.kept == {("studybuddy", "openai"): KEY}
    assert keychain.get("openai") == KEY
    keychain.delete("openai")
    keychain.delete("openai")
    assert backend.kept == {}


@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring, chainer.ChainerBackend])
def test_a_keyring_that_keeps_nothing_is_no_keychain(
    backend: type[KeyringBackend], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keyring.backend.get_all_keyring", list)  # nothing to chain
    keyring.set_keyring(backend())
    keychain = SystemKeychain()
    for _ in range(2):
        with pytest.raises(NoKeychain):
            keychain.get("openai")
    assert KeyStore(file, keychain).store_key("openai", KEY) is KeySource.FILE
    KeyStore(file, keychain).forget_key("openai")


def test_a_keychain_that_never_answers_is_given_up_for_the_session(file: Path) -> None:
    let_go = threading.Event()
    backend = _Stuck(let_go)
    keyring.set_keyring(backend)
    store = KeyStore(file, SystemKeychain(time_out=0.05))
    try:
        assert store.store_key("openai", KEY) is KeySource.FILE
        assert store.find_key("other", "", {}) == ("", KeySource.NONE)
        assert backend.asked == 1
    finally:
        let_go.set()


def test_a_program_with_a_stuck_keychain_can_end() -> None:
    code = """
import keyring, threading
from keyring.backend import KeyringBackend
class Stuck(KeyringBackend):
    priority = 5
    def get_password(self, *a): threading.Event().wait()
    set_password = delete_password = get_password
keyring.set_keyring(Stuck())
from studybuddy.storage.keychain import *
try:
    SystemKeychain(0.05).get("x")
except KeychainUnavailable as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "the keychain did not answer in 0.05 seconds\n"


@pytest.mark.parametrize("backend", [_Failing, _Forgetful])
def test_a_keychain_that_fails_is_passed_over_and_the_key_is_told_to_no_one(
    backend: type[KeyringBackend], file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keyring.set_keyring(backend())
    store = KeyStore(file, SystemKeychain())
    with caplog.at_level(logging.DEBUG):
        assert store.store_key("openai", KEY) is KeySource.FILE
        assert store.find_key("openai", "", {}) == (KEY, KeySource.FILE)
        assert store.find_key("other", "", {}) == ("", KeySource.NONE)
    assert KEY not in caplog.text
