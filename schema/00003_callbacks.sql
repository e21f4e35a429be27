-- +goose Up
-- What WeChat's callbacks brought, beside the customers' conversations.

-- Message key → what became of it. Outlives messages, so that a late repeat is still a repeat.
create table receipts (
    tenant          text        not null,
    account_id      uuid        not null,
    message_key     text        not null,
    conversation_id uuid,       -- null for what concerns no conversation
    delivery_id     uuid        not null,
    fingerprint     text,
    message_id      uuid,
    outcome         text        not null check (outcome in ('new', 'noted', 'quarantined')),
    received_at     timestamptz not null, -- the callback endpoint's clock
    created_at      timestamptz not null default now(),
    primary key (tenant, account_id, message_key)
);
create index receipts_old on receipts (tenant, created_at);
create index receipts_of_message on receipts (tenant, message_id) where message_id is not null;

-- Events that concern no conversation, and unfollows.
create table events (
    tenant       text        not null,
    id           uuid        not null,
    account_id   uuid        not null,
    message_key  text        not null,
    kind         text        not null,
    customer_key text,       -- null where the event names no customer
    body         bytea       not null, -- sealed by a master key
    received_at  timestamptz not null,
    created_at   timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, account_id) references accounts,
    unique (tenant, account_id, message_key)
);
create index events_old on events (tenant, created_at);

-- Authentic callbacks that could not be read, kept for a second try after the cause is mended. A callback leaves quarantine when
-- Receive, or the table events, has taken it in; its row stays as evidence.
create table quarantine (
    tenant          text        not null,
    delivery_id     uuid        not null,
    account_id      uuid        not null,
    message_key     text,
    conversation_id uuid,
    reason          text        not null,
    key_id          uuid,       -- of the account's key, where the raw body is WeChat's ciphertext
    raw             bytea       not null, -- sealed by a master key
    received_at     timestamptz not null,
    created_at      timestamptz not null default now(),
    handed_at       timestamptz, -- when it was last given to its conversation again
    done_at         timestamptz, -- when it was taken in; null: it waits
    primary key (tenant, delivery_id),
    foreign key (tenant, account_id) references accounts
);
create index quarantine_waiting on quarantine (tenant, received_at) where done_at is null;
create index quarantine_done on quarantine (tenant, done_at) where done_at is not null;

-- Callbacks that Temporal could not take in time. They lie here as WeChat sealed them (or as we sealed a plain one) until an
-- API process has handed them on: per conversation in the order of id. Where there is nothing to mend, it is empty.
create table spool (
    id            bigint      generated always as identity primary key,
    tenant        text        not null,
    account_id    uuid        not null,
    customer_key  text        not null,
    delivery_id   uuid        not null,
    message_key   text        not null,
    fingerprint   text        not null,
    key_id        uuid,       -- of the account's key; null where we sealed it
    ciphertext    text        not null,
    received_at   timestamptz not null, -- the callback endpoint's clock
    stale         boolean     not null,
    traceparent   text        not null,
    claimed_until timestamptz, -- of a conversation's first row: until when a process is handing the conversation's rows on
    created_at    timestamptz not null default now(),
    foreign key (tenant, account_id) references accounts,
    unique (tenant, account_id, message_key, fingerprint) -- a repeat changes nothing; other content is kept beside
);
create index spool_by_conversation on spool (tenant, account_id, customer_key, id);

-- What callbacks have shown about the set-up of an account, and when last: one row for each kind of record. A record
-- counts only while the account has the version that it was made of.
create table callback_records (
    tenant      text        not null,
    account_id  uuid        not null,
    kind        text        not null, -- conversation.CallbackRecord
    version     bigint      not null, -- of the account
    recorded_at timestamptz not null default now(),
    primary key (tenant, account_id, kind),
    foreign key (tenant, account_id) references accounts
);
