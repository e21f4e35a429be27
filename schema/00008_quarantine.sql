-- +goose Up
-- A callback leaves quarantine when Receive, or the table events, has taken it in; its row stays as evidence.
alter table quarantine
    add column handed_at timestamptz, -- when it was last given to its conversation again
    add column done_at   timestamptz; -- when it was taken in; null: it waits
create index quarantine_waiting on quarantine (tenant, received_at) where done_at is null;
