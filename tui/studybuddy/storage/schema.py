"""The database's shape: scripts that take it from one version to the next.

A script that was released is never changed; what comes later is a new one at the end.
"""

from __future__ import annotations

_CONVERSATIONS = """
CREATE TABLE conversations (
    id TEXT PRIMARY KEY NOT NULL,
    title TEXT NOT NULL,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    mode TEXT NOT NULL,
    system_prompt TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    leaf_id TEXT,
    draft TEXT NOT NULL
);

CREATE INDEX conversations_by_time ON conversations (updated_at, id);

-- `seq` keeps the order of writing, and stays the same through VACUUM.
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    parent_id TEXT,
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at REAL NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL DEFAULT '', -- the instance that streams it; empty when none does
    model TEXT NOT NULL,
    error TEXT NOT NULL,
    prompt_tokens INTEGER, -- the four are NULL together: nothing was reported
    completion_tokens INTEGER,
    cached_tokens INTEGER,
    reasoning_tokens INTEGER
);

CREATE INDEX messages_by_conversation ON messages (conversation_id);
CREATE INDEX messages_underway ON messages (conversation_id) WHERE state = 'streaming';
CREATE INDEX messages_prompts ON messages (created_at, seq) WHERE role = 'user';

CREATE TABLE app_state (
    key TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) WITHOUT ROWID;
"""

_THREADS = """
ALTER TABLE conversations ADD COLUMN thread_id TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN assistant_id TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN assistant_name TEXT NOT NULL DEFAULT '';

CREATE INDEX conversations_by_mode ON conversations (mode, updated_at, id);

ALTER TABLE messages ADD COLUMN details TEXT; -- JSON of what its run left; NULL where none did

-- Runs whose end the app that started them has not seen.
CREATE TABLE runs_followed (
    run_id TEXT PRIMARY KEY NOT NULL,
    thread_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    answer_id TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    action_draft TEXT NOT NULL,
    owner TEXT NOT NULL -- the instance that follows it
);

CREATE INDEX runs_by_conversation ON runs_followed (conversation_id);
"""

_USAGE = """
ALTER TABLE messages ADD COLUMN cache_written_tokens INTEGER; -- NULL in rows of before, too
ALTER TABLE messages ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN kept INTEGER NOT NULL DEFAULT 0;

ALTER TABLE conversations ADD COLUMN max_completion_tokens INTEGER;
ALTER TABLE conversations ADD COLUMN overflow TEXT;

-- A row for every request and run. It outlives its conversation: no foreign key.
CREATE TABLE usage_records (
    id TEXT PRIMARY KEY NOT NULL,
    at REAL NOT NULL,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    mode TEXT NOT NULL,
    conversation_id TEXT NOT NULL, -- empty for none
    purpose TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cache_written_tokens INTEGER NOT NULL,
    reported INTEGER NOT NULL,
    cost INTEGER, -- nanodollars; NULL where the price was not known
    free INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    first_token REAL,
    duration REAL NOT NULL,
    outcome TEXT NOT NULL
);

CREATE INDEX usage_by_time ON usage_records (at);
CREATE INDEX usage_by_conversation ON usage_records (conversation_id, at);

CREATE TABLE summaries (
    seq INTEGER PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    covers_id TEXT NOT NULL,
    text TEXT NOT NULL,
    created_at REAL NOT NULL,
    UNIQUE (conversation_id, covers_id)
);

CREATE TABLE kept_answers (
    key TEXT PRIMARY KEY NOT NULL,
    text TEXT NOT NULL,
    model TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cache_written_tokens INTEGER NOT NULL,
    created_at REAL NOT NULL
);

CREATE INDEX kept_answers_by_time ON kept_answers (created_at);

-- How requests to a model were counted here, and what endpoints reported of them.
CREATE TABLE estimates (
    model TEXT PRIMARY KEY NOT NULL,
    observations TEXT NOT NULL -- JSON: pairs of counted and reported prompt tokens
);
"""

_DURATIONS = """
CREATE TABLE usage_anew (
    id TEXT PRIMARY KEY NOT NULL,
    at REAL NOT NULL,
    endpoint TEXT NOT NULL,
    model TEXT NOT NULL,
    mode TEXT NOT NULL,
    conversation_id TEXT NOT NULL, -- empty for none
    purpose TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL,
    completion_tokens INTEGER NOT NULL,
    cached_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    cache_written_tokens INTEGER NOT NULL,
    reported INTEGER NOT NULL,
    cost INTEGER, -- nanodollars; NULL where the price was not known
    free INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    first_token REAL,
    duration REAL, -- seconds; NULL where nobody saw the end
    outcome TEXT NOT NULL
);

INSERT INTO usage_anew SELECT * FROM usage_records ORDER BY rowid;
DROP TABLE usage_records; -- and its indices
ALTER TABLE usage_anew RENAME TO usage_records;
CREATE INDEX usage_by_time ON usage_records (at);
CREATE INDEX usage_by_conversation ON usage_records (conversation_id, at);
"""

_CRAFT = """
ALTER TABLE messages ADD COLUMN reasoning TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN variation TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN finish_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN deleted INTEGER NOT NULL DEFAULT 0;

ALTER TABLE conversations ADD COLUMN titled TEXT NOT NULL DEFAULT 'question';
ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
ALTER TABLE conversations ADD COLUMN folder TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN deleted_at REAL; -- NULL for what is not deleted
ALTER TABLE conversations ADD COLUMN persona TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN examples TEXT NOT NULL DEFAULT ''; -- JSON; empty for none
ALTER TABLE conversations ADD COLUMN scroll TEXT NOT NULL DEFAULT '';

DROP INDEX conversations_by_time;
DROP INDEX conversations_by_mode;

-- A list for each shelf, and for each mode on it, in its order.
CREATE INDEX conversations_active ON conversations (pinned, updated_at, id)
    WHERE deleted_at IS NULL AND archived = 0;
CREATE INDEX conversations_active_by_mode ON conversations (mode, pinned, updated_at, id)
    WHERE deleted_at IS NULL AND archived = 0;
CREATE INDEX conversations_archived ON conversations (pinned, updated_at, id)
    WHERE deleted_at IS NULL AND archived = 1;
CREATE INDEX conversations_deleted ON conversations (pinned, updated_at, id)
    WHERE deleted_at IS NOT NULL;
CREATE INDEX conversations_in_folders ON conversations (folder)
    WHERE folder <> '' AND deleted_at IS NULL;
"""

# What the search has to catch up with; the search makes its index itself, when it is first used.
_SEARCH = """
-- Messages from this `seq` on are in the index or waiting; those below have not been looked at.
CREATE TABLE search_state (
    below INTEGER NOT NULL
);

INSERT INTO search_state SELECT coalesce(max(seq), 0) + 1 FROM messages;

-- Where a message is in the index already, it is here as it is in there.
CREATE TABLE search_waiting (
    seq INTEGER PRIMARY KEY,
    text TEXT, -- NULL, like the rest, where the index has nothing of it
    conversation_id TEXT,
    created_at REAL,
    model TEXT
);

CREATE INDEX search_waiting_old ON search_waiting (seq) WHERE text IS NOT NULL;

CREATE TRIGGER search_of_new AFTER INSERT ON messages
WHEN NEW.state <> 'streaming' AND NEW.seq >= (SELECT below FROM search_state) BEGIN
    INSERT OR IGNORE INTO search_waiting (seq) VALUES (NEW.seq);
END;

-- Not while an answer streams: that is several times a second.
CREATE TRIGGER search_of_ended AFTER UPDATE OF text, state, model ON messages
WHEN OLD.state = 'streaming' AND NEW.state <> 'streaming'
    AND NEW.seq >= (SELECT below FROM search_state) BEGIN
    INSERT OR IGNORE INTO search_waiting (seq) VALUES (NEW.seq);
END;

CREATE TRIGGER search_of_changed AFTER UPDATE OF text, state, model ON messages
WHEN OLD.state <> 'streaming' AND NEW.seq >= (SELECT below FROM search_state) BEGIN
    INSERT OR IGNORE INTO search_waiting
    VALUES (OLD.seq, OLD.text, OLD.conversation_id, OLD.created_at, OLD.model);
END;

CREATE TRIGGER search_of_gone AFTER DELETE ON messages
WHEN OLD.state <> 'streaming' AND OLD.seq >= (SELECT below FROM search_state) BEGIN
    INSERT OR IGNORE INTO search_waiting
    VALUES (OLD.seq, OLD.text, OLD.conversation_id, OLD.created_at, OLD.model);
END;

-- The models that answered; how often, as far as the index goes.
CREATE TABLE search_models (
    model TEXT PRIMARY KEY NOT NULL,
    answers INTEGER NOT NULL
) WITHOUT ROWID;
"""

MIGRATIONS: tuple[str, ...] = (_CONVERSATIONS, _THREADS, _USAGE, _DURATIONS, _CRAFT, _SEARCH)
"""Script number N, counted from 0, takes `user_version` N to N + 1."""
