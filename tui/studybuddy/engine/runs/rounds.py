"""One round of tool calls: a step that holds them, and what becomes of each."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from studybuddy.engine.asking.port import Call
from studybuddy.engine.objects import Json, RunState, RunStep, now
from studybuddy.engine.runs import transitions
from studybuddy.engine.runs.broadcast import Broadcast, step_delta
from studybuddy.engine.runs.calls import Sorted, required_call, shown_call, sort_call
from studybuddy.engine.runs.ledger import Ledger, Look, Put
from studybuddy.engine.runs.notes import NotedCall, StepNote, stored_note
from studybuddy.engine.runs.offers import Offer
from studybuddy.engine.runs.toolbox import Outcome, Toolbox, search_options, stored_passage


class Round:
    """The calls of one answer of the model."""

    def __init__(
        self,
        calls: Sequence[Call],
        offer: Offer,
        look: Look,
        ledger: Ledger,
        usage: Json,
        *,
        lenient: bool = False,
    ) -> None:
        """Sort out what the model asked for, as `sort_call` does; nothing is stored yet."""
        taken = {call.id for _, note in look.steps for call in note.calls}
        self._calls: list[Sorted] = []
        for call in calls:
            self._calls.append(sort_call(call, offer, taken, lenient=lenient))
            taken.add(self._calls[-1].id)
        self._offer = offer
        self._ledger = ledger
        self._passages = sum(len(note.passages) for _, note in look.steps)
        options = search_options(offer.search)
        self._step = RunStep(
            assistant_id=ledger.assistant_id,
            thread_id=ledger.thread_id,
            run_id=ledger.run_id,
            type="tool_calls",
            step_details={
                "type": "tool_calls",
                "tool_calls": [shown_call(call, options) for call in self._calls],
            },
        )
        self._note = StepNote(
            calls=[NotedCall(id=c.id, name=c.name, arguments=c.sendable) for c in self._calls],
            usage=usage,
            wrong=all(call.kind == "wrong" for call in self._calls),
        )

    async def work(self, toolbox: Toolbox, broadcast: Broadcast, before: Sequence[Put]) -> RunState:
        """Carry out the calls, and return what the run then is: parked where some are functions.

        Args:
            toolbox: carries out those of built-in tools.
            broadcast: told of each call and of each output.
            before: what is to be stored with the beginning of the step.
        """
        empty = structs.replace(self._step, step_details={"type": "tool_calls", "tool_calls": []})
        events = ("thread.run.step.created", "thread.run.step.in_progress")
        await self._ledger.put(
            *before, Put(self._step, events, stored_note(self._note), new=True, shown=empty)
        )
        shown = self._step.step_details["tool_calls"]
        broadcast.tell(step_delta(self._step.id, [_delta(n, c) for n, c in enumerate(shown)]))
        for index, call in enumerate(self._calls):
            if call.kind == "wrong":
                await self._told(index, Outcome(call.objection, {"output": call.objection}))
            elif call.kind != "function":
                outcome = await toolbox.carry_out(call, self._offer.search, self._passages)
                await self._told(index, outcome)
            else:
                continue
            delta = {k: v for k, v in self._inner(index).items() if k in ("output", "outputs")}
            kind = self._kind(index)
            told: Json = {"index": index, "type": kind, kind: _indexed(delta)}
            broadcast.tell(step_delta(self._step.id, [told]))
        waiting = [required_call(call) for call in self._calls if call.kind == "function"]
        if waiting:
            run = await self._ledger.put(change=lambda run: transitions.parked(run, waiting))
            return run.status
        done = structs.replace(
            self._step, status="completed", completed_at=now(), usage=self._note.usage
        )
        return (await self._ledger.put(Put(done, ("thread.run.step.completed",)))).status

    async def _told(self, index: int, outcome: Outcome) -> None:
        """Store what a call came to."""
        kind = self._kind(index)
        calls = list(self._step.step_details["tool_calls"])
        calls[index] = {**calls[index], kind: {**calls[index][kind], **outcome.details}}
        details = {"type": "tool_calls", "tool_calls": calls}
        self._step = structs.replace(self._step, step_details=details)
        self._note.calls[index].output = outcome.output
        self._note.calls[index].spoilt = outcome.spoilt
        self._note.passages += map(stored_passage, outcome.passages)
        self._passages += len(outcome.passages)
        await self._ledger.put(Put(self._step, note=stored_note(self._note)))

    def _kind(self, index: int) -> str:
        kind: str = self._step.step_details["tool_calls"][index]["type"]
        return kind

    def _inner(self, index: int) -> Json:
        inner: Json = self._step.step_details["tool_calls"][index][self._kind(index)]
        return inner


def _delta(index: int, call: Json) -> Json:
    """A call as its first delta shows it, whose outputs are still to come."""
    kind = call["type"]
    inner = {name: value for name, value in call[kind].items() if name not in _LATER}
    return {"index": index, **call, kind: inner}


_LATER = ("outputs", "results")


def _indexed(inner: Json) -> Json:
    if "outputs" not in inner:
        return inner
    return {"outputs": [{"index": n, **output} for n, output in enumerate(inner["outputs"])]}
