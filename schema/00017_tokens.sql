-- +goose Up
-- API tokens end by themselves. Those that were there before have the usual 90 days from now.
alter table api_tokens
    add column expires_at   timestamptz not null default now() + interval '90 days',
    add column last_used_at timestamptz, -- to a minute; null: never
    add constraint api_tokens_live_a_year check (expires_at <= created_at + interval '366 days') not valid;
alter table api_tokens alter column expires_at drop default;
