-- +goose Up
-- Whether agents may hand conversations on to a colleague by name (TRF-2). Supervisors always may.
alter table workstreams add column transfer_to_agents boolean not null default true;

-- Whether agents may correct which skills a conversation of theirs needs (SKL-5). Supervisors always may.
alter table workstreams add column agents_set_skills boolean not null default false;
