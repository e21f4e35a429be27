-- +goose Up
-- A bot's author may change over to another secret, and a bot that goes round in circles is noticed.

-- A webhook's replaced secret signs beside the new one for a day.
alter table bots
    add column old_secret         bytea, -- sealed
    add column secret_replaced_at timestamptz,
    add constraint bots_overlap check (old_secret is null or (secret is not null and secret_replaced_at is not null));

-- What a bot said last in a conversation.
create index turns_latest on turns (tenant, conversation_id, answered_at);
