"""The search kept in memory: it reads all there is, each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from studybuddy.domain.messages import Conversation, Message
from studybuddy.domain.searching import Hit, Query
from studybuddy.domain.words import Terms, fold
from tests.support.memory_store import MemoryConversationStore

OF_ONE_CONVERSATION = 3


class MemorySearch:
    """`domain.searching.ConversationSearch` on the data of a `MemoryConversationStore`."""

    def __init__(self, store: MemoryConversationStore) -> None:
        self._store = store
        self.waiting = 0
        """What `unread` says."""

    async def search(self, query: Query, limit: int = 50) -> Sequence[Hit]:
        self._store.check()
        terms = Terms(query.text)
        if not terms.terms:
            return ()
        data = self._store.data
        found: list[tuple[float, float, Hit]] = []
        for conversation_id, message in data.messages.values():
            head = data.conversations[conversation_id]
            score = terms.rank(message.text)
            if score and not message.deleted and _fits(query, head, message):
                excerpt = terms.excerpt(message.text)
                at = message.created_at
                hit = Hit(head, message.id, message.role, at, *excerpt)
                found.append((score, at, hit))
        in_text = {hit.conversation.id for _, _, hit in found}
        for head in data.conversations.values():
            score = 2.5 * terms.rank(head.title)
            if score and head.id not in in_text and _fits(query, head, None):
                hit = Hit(head, "", None, head.created_at, *terms.excerpt(head.title))
                found.append((score, head.created_at, hit))
        found.sort(key=lambda each: each[:2], reverse=True)
        counts: Counter[str] = Counter()
        hits = []
        for _, _, hit in found:
            counts[hit.conversation.id] += 1
            if counts[hit.conversation.id] <= OF_ONE_CONVERSATION:
                hits.append(hit)
        return hits[:limit]

    async def unread(self) -> int:
        self._store.check()
        return self.waiting

    async def models(self) -> Sequence[str]:
        self._store.check()
        used = Counter(m.model for _, m in self._store.data.messages.values() if m.model)
        return [model for model, _ in used.most_common()]


def _fits(query: Query, head: Conversation, message: Message | None) -> bool:
    at, model = (message.created_at, message.model) if message else (head.created_at, head.model)
    return (
        head.deleted_at is None
        and query.mode in (None, head.mode)
        and query.folder in ("", head.folder)
        and (query.since is None or at >= query.since)
        and (query.until is None or at < query.until)
        and fold(query.model) in fold(model)
    )
