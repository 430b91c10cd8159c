"""Asks models that call tools by themselves, in the API's form or written in their text."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from studybuddy.domain.usage import Usage
from studybuddy.engine.asking.arguments import fitted, repaired
from studybuddy.engine.asking.efforts import Efforts
from studybuddy.engine.asking.gathering import Gathering, is_whole
from studybuddy.engine.asking.offered import Offered, forced
from studybuddy.engine.asking.port import Ask, Asker, Call, Reply
from studybuddy.engine.asking.requests import body_with_tools
from studybuddy.engine.asking.text_calls import TextCalls
from studybuddy.engine.errors import ApiError
from studybuddy.engine.names import ModelNames
from studybuddy.engine.objects import new_object_id
from studybuddy.engine.upstream.port import Upstream

log = logging.getLogger(__name__)

_REFUSING = (400, 404, 405, 422, 500, 501)
_TOOLS = re.compile(r"\btools?\b|tool_choice|function.call|template|jinja", re.IGNORECASE)
_INABILITY = re.compile(
    r"support|requires?\b|enable|unknown|unrecogni[sz]ed|unexpected|not (?:allowed|permitted)|"
    r"extra|template|jinja|not implemented|unavailable",
    re.IGNORECASE,
)
_LASTING = re.compile(r"support|requires?\b|template|jinja|not implemented", re.IGNORECASE)
_CHOICE = re.compile(r"tool.choice", re.IGNORECASE)
_ABOUT_A_SCHEMA = re.compile(r"invalid (?:json )?schema|function.parameters", re.IGNORECASE)


class NativeAsker:
    """`Asker` for an upstream that takes `tools`; models that refuse them are asked otherwise."""

    def __init__(self, upstream: Upstream, names: ModelNames, without_tools: Asker) -> None:
        """Take the upstream, and who asks those of its models that can't be given tools."""
        self._efforts = Efforts(upstream)
        self._names = names
        self._without_tools = without_tools
        self._unable: set[str] = set()

    async def ask(self, ask: Ask) -> AsyncGenerator[str | Reply, None]:
        """Text deltas as they come, then one `Reply`."""
        names = await self._names.resolve(ask.model)
        must_call = bool(ask.tools) and ask.tool_choice not in ("auto", "none")
        begun, spent, held = False, Usage(), ""
        if not (ask.tools and names.sent in self._unable):
            try:
                async with aclosing(self._ask(ask, names.sent, names.echo)) as parts:
                    async for part in parts:
                        if must_call and isinstance(part, str):
                            held += part
                            continue
                        if must_call and isinstance(part, Reply) and _only_talked(part):
                            spent = part.usage
                            break
                        if held:
                            yield held
                        begun, held = True, ""
                        yield part
                if begun:
                    return
            except ApiError as error:
                if begun or not ask.tools or not refuses_tools(error):
                    raise
                if must_call and _CHOICE.search(error.message):
                    log.info("%s can't be made to call (%s).", names.sent, error.message)
                else:
                    log.info("%s takes no tools (%s): asked without.", names.sent, error.message)
                    self._unable.add(names.sent)
        # Some servers take a forced choice for a wish, and some models talk instead of calling.
        async with aclosing(self._without_tools.ask(ask)) as parts:
            async for part in parts:
                yield replace(part, usage=spent + part.usage) if isinstance(part, Reply) else part

    async def _ask(self, ask: Ask, model: str, echo: str | None) -> AsyncGenerator[str | Reply]:
        offered = Offered(ask.tools if ask.tool_choice != "none" else ())
        gathering, finder = Gathering(), TextCalls(offered)
        told: list[str] = []
        stream = self._efforts.stream_text(body_with_tools(ask, model), gathering)
        async with aclosing(stream) as texts:
            async for text in texts:
                shown = finder.feed(text) if offered else text
                if shown:
                    told.append(shown)
                    yield shown
        cut = gathering.finish_reason == "length"
        if offered and (shown := finder.finish(cut=cut)):
            told.append(shown)
            yield shown
        text = "".join(told)
        calls = gathering.calls() or tuple(
            Call(new_object_id("call"), name, json.dumps(arguments, ensure_ascii=False))
            for name, arguments in finder.calls
        )
        if not calls and (call := _bare_arguments(text, ask.tool_choice, offered)):
            text, calls = "", (call,)
        if not ask.parallel_tool_calls:
            calls = calls[:1]
        yield _reply(text, calls, gathering, offered, echo or gathering.model or model)


def _only_talked(reply: Reply) -> bool:
    return not reply.calls and reply.finish_reason == "stop"


def refuses_tools(error: ApiError) -> bool:
    """Whether an upstream's error means that this model can't be given tools at all."""
    inability = _INABILITY if error.status < 500 else _LASTING
    return (
        error.status in _REFUSING
        and bool(_TOOLS.search(error.message) and inability.search(error.message))
        and not _ABOUT_A_SCHEMA.search(f"{error.message} {error.code}")
    )


def _reply(
    text: str, calls: tuple[Call, ...], gathering: Gathering, offered: Offered, model: str
) -> Reply:
    finish = gathering.finish_reason
    if finish == "length":  # the last call may be cut
        calls = tuple(call for call in calls if is_whole(call.arguments))
    calls = tuple(repaired(call, offered) for call in calls)
    if finish not in ("length", "content_filter"):
        finish = "tool_calls" if calls else "stop"
    return Reply(text, calls, finish, gathering.usage, model)


def _bare_arguments(
    text: str, tool_choice: str | Mapping[str, Any], offered: Offered
) -> Call | None:
    """The call of a forced function for which a model gave the arguments alone."""
    function = offered.get(forced(tool_choice))
    if function is None or not text.lstrip().startswith("{"):
        return None
    try:
        arguments = fitted(json.loads(text), function)
    except (ValueError, RecursionError):
        return None
    if arguments is None:
        return None
    return Call(new_object_id("call"), function.name, json.dumps(arguments, ensure_ascii=False))
