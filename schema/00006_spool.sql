-- +goose Up
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
    received_at   timestamptz not null, -- the door's clock
    stale         boolean     not null,
    traceparent   text        not null,
    claimed_until timestamptz, -- of a conversation's first row: until when a process is handing the conversation's rows on
    created_at    timestamptz not null default now(),
    foreign key (tenant, account_id) references accounts,
    unique (tenant, account_id, message_key, fingerprint) -- a repeat changes nothing; other content is kept beside
);
create index spool_by_conversation on spool (tenant, account_id, customer_key, id);
