-- +goose Up
-- More about people.

-- A rule's own overflow counts for as long as the item is in the queue that the rule chose; null: the queue's.
alter table work_items add column overflow jsonb; -- routing.Overflow

-- What people say of a customer: tags for rules, beside the agents whom he prefers.
alter table customers
    add column tags       bytea,       -- sealed by the customer's key: JSON list of texts
    add column version    bigint      not null default 1, -- counts changes of these two
    add column updated_at timestamptz not null default now();

-- Kept for the agent who had it, however long he is away (D2).
alter table workstreams add column affinity_always boolean not null default false;
