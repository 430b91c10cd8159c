"""What every search over conversations does; the suite is run on each implementation."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import pytest

from studybuddy.domain.messages import Conversation, Message, MessageState, Mode, Role, new_id
from studybuddy.domain.ports import ConversationStore
from studybuddy.domain.searching import ConversationSearch, Hit, Query
from tests.contract.conversation_store import a_conversation, answered, asked


class Room(Protocol):
    """A store, and a search over it."""

    store: ConversationStore
    search: ConversationSearch


async def stored(room: Room, *texts: str, **changes: object) -> Conversation:
    head = a_conversation(**{"title": "Untitled", **changes})  # type: ignore[arg-type]
    await room.store.save(head)
    await room.store.add(head.id, *(asked(text) for text in texts))
    return head


async def found(room: Room, text: str, **filters: object) -> list[Hit]:
    return list(await room.search.search(Query(text, **filters)))  # type: ignore[arg-type]


async def excerpts(room: Room, text: str, **filters: object) -> list[str]:
    return [hit.excerpt for hit in await found(room, text, **filters)]


def marked(hit: Hit) -> list[str]:
    return [hit.excerpt[begin:end] for begin, end in hit.marks]


class ConversationSearchContract:
    """Subclasses give the fixture `room`."""

    async def test_a_hit_tells_where_it_is_and_what_was_found(self, room: Room) -> None:
        head = a_conversation(title="Biology")
        answer = Message(new_id(), Role.ASSISTANT, "Plants eat\n\n light.", 7.0, model="small")
        await room.store.save(head)
        await room.store.add(head.id, asked("How do they live?"), answer)
        [hit] = await found(room, "LIGHT")
        assert hit.conversation.id == head.id
        assert (hit.message_id, hit.role, hit.created_at) == (answer.id, Role.ASSISTANT, 7.0)
        assert hit.excerpt == "Plants eat light."
        assert marked(hit) == ["light"]

    @pytest.mark.parametrize("text", ["", "  ", '"', "* ( ) : ^ - +", "🙂", "\0", "\ud83d", "…"])
    async def test_without_words_nothing_is_found(self, room: Room, text: str) -> None:
        await stored(room, "Some text 🙂 * \" '")
        assert await found(room, text) == []

    @pytest.mark.parametrize(
        "text",
        ['"light', "light OR", "light AND NOT", "NEAR(light)", "light*", "{light", "text:light "],
    )
    async def test_what_is_an_operator_elsewhere_is_text_here(self, room: Room, text: str) -> None:
        await stored(room, "text or and not near light")
        assert len(await found(room, text)) == 1

    async def test_a_text_without_end_is_looked_for_all_the_same(self, room: Room) -> None:
        await stored(room, "light " + "x" * 200)
        assert await found(room, "word " * 2000) == []
        assert len(await found(room, "x" * 10_000)) == 1

    async def test_every_word_has_to_occur_and_the_last_may_be_a_beginning(
        self, room: Room
    ) -> None:
        await stored(room, "Photosynthesis needs light.")
        for text in ("p", "ph", "photosyn", "light photo", "needs LIGHT", "light"):
            assert len(await found(room, text)) == 1, text
        for text in ("photo light", "synthesis", "light dark", "ligh ", "photo!"):
            assert await found(room, text) == [], text

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("Das Café brûle", "cafe"),
            ("Das Café brûle", "CAFÉ BRU"),
            ("the naive way", "naïve"),
            ("Die Straße", "STRASSE"),
            ("Ångström", "angstrom"),
            ("cafe\u0301 au lait", "café"),
            ("Łódź", "lodz"),
            ("слово ёлка", "Елка"),
            ("ＦＵＬＬ width", "full"),
            ("λόγος", "ΛΟΓΟΣ"),
        ],
    )
    async def test_case_and_diacritics_make_no_difference(
        self, room: Room, text: str, wanted: str
    ) -> None:
        await stored(room, text)
        [hit] = await found(room, wanted)
        assert hit.marks

    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("我们学习机器学习的方法。", "机器学习"),
            ("我们学习机器学习的方法。", "法"),
            ("東京タワーに行きました", "タワー"),
            ("การสังเคราะห์ด้วยแสง", "แสง"),
            ("학생이 도서관에 갔다", "학생"),
            ("यह हिन्दी है", "हिन्दी"),
            ("Python で 機械学習 を", "機械 python"),
        ],
    )
    async def test_languages_without_blanks_are_found_by_a_part(
        self, room: Room, text: str, wanted: str
    ) -> None:
        await stored(room, text)
        [hit] = await found(room, wanted)
        assert set(marked(hit)) >= {wanted.split()[0]}

    async def test_signs_that_do_not_stand_together_are_not_that_word(self, room: Room) -> None:
        await stored(room, "机会 武器 器学 会机器")
        assert len(await found(room, "会机器")) == 1
        assert await found(room, "机器学") == []

    async def test_both_modes_are_found_and_one_can_be_chosen(self, room: Room) -> None:
        for mode in Mode:
            await stored(room, f"light in {mode.value}", mode=mode)
        assert len(await found(room, "light")) == 2
        assert await excerpts(room, "light", mode=Mode.ASSISTANT) == ["light in assistant"]

    async def test_a_title_is_found_where_no_message_has_it(self, room: Room) -> None:
        head = await stored(room, "What do plants eat?", title="Über Photosynthese")
        [hit] = await found(room, "uber photo")
        assert (hit.conversation.id, hit.message_id, hit.role) == (head.id, "", None)
        assert hit.excerpt == "Über Photosynthese"
        assert marked(hit) == ["Über", "Photosynthese"]
        await stored(room, "about optics", title="Optics")
        [hit] = await found(room, "optics")
        assert hit.message_id
        await room.store.rename(hit.conversation.id, "Lenses", hit.conversation.titled)
        assert len(await found(room, "lenses")) == 1

    async def test_folders_models_and_dates_are_filters(self, room: Room) -> None:
        year, month = 365 * 86_400.0, 31 * 86_400.0
        head = await stored(room)
        await room.store.arrange(head.id, pinned=False, archived=False, folder="Physics")
        for number, model in enumerate(("gpt-4o", "Llama-3", "")):
            at = 50 * year + number * month
            role = Role.ASSISTANT if model else Role.USER
            message = Message(new_id(), role, f"light {number}", at, model=model)
            await room.store.add(head.id, message)
        await stored(room, "light elsewhere")
        assert len(await excerpts(room, "light", folder="Physics")) == 3
        assert await excerpts(room, "light", folder="Chemistry") == []
        assert await excerpts(room, "light", model="llama") == ["light 1"]
        assert await excerpts(room, "light", model="GPT") == ["light 0"]
        assert await excerpts(room, "light", model="claude") == []
        since, until = 50 * year + 1, 50 * year + 2 * month
        assert await excerpts(room, "light", since=since, until=until) == ["light 1"]
        assert sorted(await excerpts(room, "light", since=since)) == ["light 1", "light 2"]
        assert sorted(await excerpts(room, "light", until=since)) == ["light 0", "light elsewhere"]
        assert await excerpts(room, "light", since=until, until=since) == []

    async def test_what_was_deleted_is_not_found_until_it_is_brought_back(self, room: Room) -> None:
        head = await stored(room, "light one", "light two")
        gone = (await room.store.tree(head.id))[0]
        await room.store.set_deleted([gone.id], True)
        assert await excerpts(room, "light") == ["light two"]
        await room.store.set_deleted([gone.id], False)
        assert len(await found(room, "light")) == 2
        await room.store.discard(head.id)
        assert await found(room, "light") == []
        await room.store.restore(head.id)
        assert len(await found(room, "light")) == 2
        await room.store.delete(head.id)
        assert await found(room, "light") == []

    async def test_archived_conversations_and_hidden_branches_are_found(self, room: Room) -> None:
        head = await stored(room, "light", "another beginning")
        await room.store.arrange(head.id, pinned=False, archived=True, folder="")
        [hit] = await found(room, "light")
        assert hit.conversation.archived

    async def test_an_answer_is_found_with_its_last_text_once_it_has_ended(
        self, room: Room
    ) -> None:
        head = await stored(room)
        answer = answered("", None, MessageState.STREAMING)
        await room.store.add(head.id, answer)
        await room.store.journal(answer.id, "Dark at first")
        await found(room, "anything")
        done = replace(answer, text="Light at last", state=MessageState.COMPLETE)
        await room.store.finish(done)
        assert await excerpts(room, "light") == ["Light at last"]
        assert await found(room, "dark") == []
        await room.store.finish(replace(done, text="Something else"))
        assert await found(room, "light") == []
        assert len(await found(room, "something")) == 1

    async def test_of_one_conversation_only_a_few_places_are_told(self, room: Room) -> None:
        await stored(room, *(f"light {number}" for number in range(9)))
        other = await stored(room, "and a light that shines on much else besides, far away")
        hits = await found(room, "light")
        assert len(hits) == 4
        assert other.id in {hit.conversation.id for hit in hits}
        assert len(await room.search.search(Query("light"), 2)) == 2

    async def test_the_best_come_first(self, room: Room) -> None:
        await stored(room, "A cycle path. " + "Much else. " * 40 + "Hans Krebs. " + "More. " * 99)
        await stored(room, "What is the Krebs cycle? The Krebs cycle makes energy.")
        await stored(room, "Krebs drew a cycle.")
        first, second, third = await excerpts(room, "krebs cycle")
        assert first.startswith("What is")
        assert second.startswith("Krebs drew")
        assert third

    async def test_an_excerpt_is_one_line_around_the_place(self, room: Room) -> None:
        await stored(room, "before\n" * 500 + "a\tneedle \x1b[31min\r\n it\n" + "after\n" * 500)
        [hit] = await found(room, "needle")
        assert len(hit.excerpt) < 200
        assert hit.excerpt.startswith("…")
        assert hit.excerpt.endswith("…")
        assert "a needle [31min it after" in hit.excerpt
        assert marked(hit) == ["needle"]

    async def test_models_are_told_by_how_much_they_answered(self, room: Room) -> None:
        head = await stored(room, "question")
        await room.store.add(
            head.id,
            *(
                Message(new_id(), Role.ASSISTANT, "answer", 1.0, model=model)
                for model in ("rare", "often", "often")
            ),
        )
        assert list(await room.search.models()) == ["often", "rare"]

    async def test_nothing_is_unread_after_a_search_over_a_little(self, room: Room) -> None:
        await stored(room, "light")
        await found(room, "light")
        assert await room.search.unread() == 0
