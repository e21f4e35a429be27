-- +goose Up
-- Waiting items that are not like others: kept for somebody, preferring somebody, or declined. They are read by themselves,
-- and few among thousands.
create index work_items_singular on work_items (tenant, queue_id) where state = 'waiting' and mode = 'push'
    and (affinity_agent is not null or preferred <> '{}' or declined <> '{}');
