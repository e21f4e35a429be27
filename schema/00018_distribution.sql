-- +goose Up
-- Until when an item is kept for affinity_agent; null: for nobody. Whoever puts the item back into its queue says so.
alter table work_items add column kept_until timestamptz;

-- What is kept, by whom it is kept for; and what was declined or prefers somebody, by demand. Neither hides the other, nor items
-- of another agent, demand or queue.
drop index work_items_singular;
create index work_items_kept on work_items (tenant, queue_id, affinity_agent, priority, since, id)
    where state = 'waiting' and mode = 'push' and affinity_agent is not null;
create index work_items_singular on work_items (tenant, queue_id, demand, priority, since, id)
    where state = 'waiting' and mode = 'push' and (preferred <> '{}' or declined <> '{}');

-- Whose time to hold capacity has ended lately.
create index assignments_holding on assignments (tenant, holds_until) where state = 'accepted' and holds_until is not null;

-- The distribution lock is an advisory one: it is held while nothing is written.
drop table distributions;
