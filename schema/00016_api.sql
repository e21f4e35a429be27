-- +goose Up

-- Who has signed in at the codec endpoint of the private listener, and the tickets of links that sign in once. The text itself is
-- with the browser, or in the link.
create table codec_sessions (
    hash       bytea       primary key check (length(hash) = 32), -- SHA-256 of the text
    ticket     boolean     not null,
    who        text        not null,
    token_hash bytea       check (length(token_hash) = 32), -- of the API token that began it; null: a ticket did
    until      timestamptz not null
);
create index codec_sessions_until on codec_sessions (until);
