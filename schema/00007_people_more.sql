-- +goose Up
-- More about people.

-- A rule's own overflow counts for as long as the item is in the queue that the rule chose; null: the queue's.
alter table work_items add column overflow jsonb; -- routing.Overflow
