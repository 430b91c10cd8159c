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
    from studybuddy.engine.upstream.registry import Address, Served


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The built-in model and its process, which is not started yet."""

    model: NativeModel
    process: ModelProcess


def make_built_in(options: ServeOptions) -> BuiltIn | None:
    """The built-in model; `None` where another server answers, or it waits to be asked.

    Raises:
        StudyBuddyError: where its runtime or weights are missing.
    """
    return None if options.upstream or options.idle_model else _find_built_in(options)


def make_context(options: ServeOptions, built_in: BuiltIn | None) -> EngineContext:
    """What the routes work with; from here on the imports are slow."""
    from studybuddy.engine.context import EngineContext
    from studybuddy.engine.expiry import FileExpiry
    from studybuddy.engine.runs.assembly import make_runs
    from studybuddy.engine.search.index import SearchIndex
    from studybuddy.engine.store.files import FileBox
    from studybuddy.engine.store.folder import DataFolder
    from studybuddy.engine.store.store import Store
    from studybuddy.engine.tools.interpreter import Interpreters
    from studybuddy.engine.upstream.http import HttpUpstream
    from studybuddy.engine.upstream.registry import Upstreams
    from studybuddy.engine.vectors.ingestion import Ingestion

    def connect(address: Address) -> Served:
        upstream = HttpUpstream(address.base_url, address.key, address.model)
        return make_served(upstream, strict=options.strict_models, calls_tools=True)

    data = DataFolder(options.data_dir)
    default = make_served(
        _make_upstream(options, built_in),
        strict=options.strict_models,
        calls_tools=not _is_small(options),
    )
    store, files = Store(data.database), FileBox(data.files)
    search = SearchIndex(data.search)
    upstreams = Upstreams(default, connect, is_open=options.companion)
    ingestion = Ingestion(store, files, search)
    runs = make_runs(store, files, upstreams, search, Interpreters(), ingestion.settled)
    return EngineContext(
        default.upstream,
        default.names,
        store,
        files,
        upstreams,
        search,
        ingestion,
        FileExpiry(store, files, ingestion),
        runs,
        [runs.forget_thread],
    )


def _find_built_in(options: ServeOptions) -> BuiltIn:
    check_runtime()
    path = find_weights(options.model_file, options.models_dir)
    created = int(path.stat().st_mtime)
    model = smollm2(created) if is_built_in(path) else NativeModel(path.stem, "local", created)
    return BuiltIn(model, ModelProcess(native_command(path, model.id, usable_cores())))


def _make_upstream(options: ServeOptions, built_in: BuiltIn | None) -> Upstream:
    from studybuddy.engine.upstream.http import HttpUpstream
    from studybuddy.engine.upstream.late import LateUpstream
    from studybuddy.engine.upstream.native import NativeUpstream

    def find() -> NativeUpstream:
        found = _find_built_in(options)
        return NativeUpstream(found.model, found.process)

    if built_in is not None:
        return NativeUpstream(built_in.model, built_in.process)
    if options.upstream:
        return HttpUpstream(options.upstream, options.upstream_key, options.upstream_model)
    return LateUpstream(find)


def make_served(upstream: Upstream, *, strict: bool, calls_tools: bool) -> Served:
    """An upstream with what asks it; `calls_tools` says whether its models may call tools."""
    from studybuddy.engine.asking.choose import make_asker
    from studybuddy.engine.names import ModelNames
    from studybuddy.engine.upstream.registry import Served

    names = ModelNames(upstream, strict=strict)
    return Served(upstream, names, make_asker(upstream, names, calls_tools=calls_tools))


def _is_small(options: ServeOptions) -> bool:
    """Whether the built-in model answers, which can't call tools; another file's may."""
    return not options.upstream and (options.model_file is None or is_built_in(options.model_file))
