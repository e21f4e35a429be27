-- +goose Up
-- Whether a bot that holds the conversation is asked about the message: a run remembers so many turns, and finds the rest here.
alter table messages add column wants_answer boolean not null default false;
