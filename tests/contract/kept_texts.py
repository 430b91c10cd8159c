"""What stores of summaries, kept answers and estimates do, run on each implementation."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from studybuddy.domain.counting import Correction, EstimateStore
from studybuddy.domain.kept_texts import AnswerCache, KeptAnswer, Summary, SummaryStore
from studybuddy.domain.messages import Conversation
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.usage import MOST_TOKENS, Usage


class SummaryWorld(Protocol):
    store: ConversationStore

    def summaries(self) -> SummaryStore:
        """Those of another window."""
        ...


class SummaryStoreContract:
    """Subclasses give the fixture `world`."""

    async def test_summaries_come_back_newest_first_and_only_their_conversations(
        self, world: SummaryWorld
    ) -> None:
        for name in ("c1", "c2"):
            await world.store.save(Conversation(name, "Light", 1.0, 1.0))
        first = Summary("c1", "m4", "They spoke of light. 学", 10.0)
        second = Summary("c1", "m8", "They spoke of waves.", 20.0)
        other = Summary("c2", "n1", "Of leaves.", 15.0)
        for summary in (second, first, other):
            await world.summaries().keep_summary(summary)
        assert await world.summaries().summaries("c1") == [second, first]
        assert await world.summaries().summaries("c2") == [other]
        assert await world.summaries().summaries("c3") == []

    async def test_of_two_that_end_at_the_same_message_the_later_stays(
        self, world: SummaryWorld
    ) -> None:
        await world.store.save(Conversation("c1", "Light", 1.0, 1.0))
        summary = Summary("c1", "m4", "Short.", 10.0)
        await world.summaries().keep_summary(summary)
        again = replace(summary, text="Shorter.", created_at=11.0)
        await world.summaries().keep_summary(again)
        assert await world.summaries().summaries("c1") == [again]

    async def test_a_deleted_conversation_takes_its_summaries_along_and_gets_no_new_ones(
        self, world: SummaryWorld
    ) -> None:
        await world.store.save(Conversation("c1", "Light", 1.0, 1.0))
        summary = Summary("c1", "m4", "Short.", 10.0)
        await world.summaries().keep_summary(summary)
        await world.store.delete("c1")
        assert await world.summaries().summaries("c1") == []
        await world.summaries().keep_summary(summary)
        assert await world.summaries().summaries("c1") == []

    async def test_half_of_an_emoji_does_not_cost_the_summary(self, world: SummaryWorld) -> None:
        await world.store.save(Conversation("c1", "Light", 1.0, 1.0))
        await world.summaries().keep_summary(Summary("c1", "m4", "cut \ud83d", 10.0))
        (kept,) = await world.summaries().summaries("c1")
        assert kept.text.startswith("cut ")


class AnswerWorld(Protocol):
    def answers(self) -> AnswerCache:
        """Those of another window."""
        ...


def an_answer(key: str = "ab12", at: float = 10.0) -> KeptAnswer:
    return KeptAnswer(key, "A wave. 学", "small", Usage(1, 2, 3, 4, 5), at)


class AnswerCacheContract:
    """Subclasses give the fixture `world`."""

    async def test_a_kept_answer_is_found_by_its_key_until_it_is_too_old(
        self, world: AnswerWorld
    ) -> None:
        answer = an_answer(at=10.0)
        await world.answers().keep_answer(answer)
        assert await world.answers().find_answer("ab12", 0.0) == answer
        assert await world.answers().find_answer("ab12", 10.0) == answer
        assert await world.answers().find_answer("ab12", 10.001) is None
        assert await world.answers().find_answer("ab13", 0.0) is None

    async def test_a_later_answer_takes_the_place_of_the_one_before(
        self, world: AnswerWorld
    ) -> None:
        await world.answers().keep_answer(an_answer())
        later = replace(an_answer(at=20.0), text="A particle.")
        await world.answers().keep_answer(later)
        assert await world.answers().find_answer("ab12", 0.0) == later
        assert await world.answers().clear_answers() == 1

    async def test_old_answers_are_cleared_and_then_all(self, world: AnswerWorld) -> None:
        for number in range(5):
            await world.answers().keep_answer(an_answer(str(number), float(number)))
        assert await world.answers().clear_answers(before=2.0) == 2
        assert await world.answers().find_answer("1", 0.0) is None
        assert await world.answers().find_answer("2", 0.0) is not None
        assert await world.answers().clear_answers() == 3
        assert await world.answers().clear_answers() == 0

    async def test_numbers_that_no_request_has_do_not_cost_the_answer(
        self, world: AnswerWorld
    ) -> None:
        told = Usage(2**63, -5)
        await world.answers().keep_answer(replace(an_answer(), usage=told))
        found = await world.answers().find_answer("ab12", 0.0)
        assert found is not None
        assert found.usage == Usage(MOST_TOKENS, 0)


class EstimateWorld(Protocol):
    def estimates(self) -> EstimateStore:
        """Those of another window."""
        ...


class EstimateStoreContract:
    """Subclasses give the fixture `world`."""

    async def test_what_was_learnt_of_each_model_comes_back(self, world: EstimateWorld) -> None:
        assert await world.estimates().estimates() == {}
        small, large = Correction(((10, 12), (20, 25))), Correction()
        await world.estimates().keep_estimate("small", small)
        await world.estimates().keep_estimate("large 学", large)
        assert await world.estimates().estimates() == {"small": small, "large 学": large}

    async def test_later_observations_take_the_place_of_those_before(
        self, world: EstimateWorld
    ) -> None:
        await world.estimates().keep_estimate("small", Correction(((10, 12),)))
        later = Correction(((10, 12), (7, 9)))
        await world.estimates().keep_estimate("small", later)
        assert await world.estimates().estimates() == {"small": later}
