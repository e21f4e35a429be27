-- +goose Up
-- Bots that are programs of somebody's own, and entries of the FAQ that people change.

-- A webhook has an address and a secret. A deleted bot keeps its row, for the audit, but not its secret.
alter table bots
    drop constraint bots_kind_check,
    add column url        text,
    add column secret     bytea, -- sealed
    add column version    bigint      not null default 1,
    add column updated_at timestamptz not null default now(),
    add column deleted_at timestamptz,
    add constraint bots_kind_check check (kind in ('faq', 'webhook')),
    add constraint bots_reachable check (
        case when kind = 'webhook' then url is not null and (secret is null) = (deleted_at is not null)
             else url is null and secret is null end
    );
create index accounts_by_bot on accounts (tenant, bot_id) where bot_id is not null;

alter table faq_entries
    add column version    bigint      not null default 1,
    add column updated_at timestamptz not null default now();

-- What the bot tells the agent with an escalation, beside the reason.
alter table turns
    add column summary bytea; -- sealed by the customer's key
