"""Puts the engine's parts together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studybuddy.engine.model.cores import usable_cores
from studybuddy.engine.model.native_model import NativeModel, smollm2
from studybuddy.engine.model.process import ModelProcess, native_command
from studybuddy.engine.serve import ServeOptions
from studybuddy.engine.weights import check_runtime, find_weights, is_built_in

if TYPE_CHECKING:
    from studybuddy.engine.context import EngineContext
    from studybuddy.engine.upstream.port import Upstream


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The built-in model and its process, which is not started yet."""

    model: NativeModel
    process: ModelProcess


def make_built_in(options: ServeOptions) -> BuiltIn | None:
    """The built-in model; `None` where another server answers.

    Raises:
        StudyBuddyError: where its runtime or weights are missing.
    """
    if options.upstream:
        return None
    check_runtime()
    path = find_weights(options.model_file, options.models_dir)
    created = int(path.stat().st_mtime)
    model = smollm2(created) if is_built_in(path) else NativeModel(path.stem, "local", created)
    return BuiltIn(model, ModelProcess(native_command(path, model.id, usable_cores())))


def make_context(options: ServeOptions, built_in: BuiltIn | None) -> EngineContext:
    """What the routes work with; from here on the imports are slow."""
    from studybuddy.engine.context import EngineContext
    from studybuddy.engine.names import ModelNames
    from studybuddy.engine.store.files import FileBox
    from studybuddy.engine.store.folder import DataFolder
    from studybuddy.engine.store.store import Store

    data = DataFolder(options.data_dir)
    upstream = _make_upstream(options, built_in)
    return EngineContext(
        upstream,
        ModelNames(upstream, strict=options.strict_models),
        Store(data.database),
        FileBox(data.files),
    )


def _make_upstream(options: ServeOptions, built_in: BuiltIn | None) -> Upstream:
    from studybuddy.engine.upstream.http import HttpUpstream
    from studybuddy.engine.upstream.native import NativeUpstream

    if built_in is not None:
        return NativeUpstream(built_in.model, built_in.process)
    return HttpUpstream(options.upstream, options.upstream_key, options.upstream_model)
