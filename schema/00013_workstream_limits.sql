-- +goose Up
-- What else a workstream may say (WS-14, LIF-4).
alter table workstreams
    add column decline_pause_ms bigint not null default 0 check (decline_pause_ms between 0 and 3600000), -- before who declined is asked again
    add column max_per_agent    int    check (max_per_agent >= 1), -- conversations that an agent has at a time; null: no limit
    add column open_limit_ms    bigint not null default 2592000000 check (open_limit_ms >= 60000), -- how long a conversation may
    add column active_limit_ms  bigint not null default 2592000000 check (active_limit_ms >= 60000), -- be in a state: 30 days,
    add column wrap_up_limit_ms bigint not null default 86400000 check (wrap_up_limit_ms >= 60000); -- 30 days, one day

alter table work_items add column paused jsonb not null default '{}'; -- agent id → until when he is not asked again, having declined

-- Items of two workstreams are two demands from now on: one may be at its limit where the other is not.
update work_items i set demand = i.demand || c.workstream_id::text
from conversations c where c.tenant = i.tenant and c.id = i.conversation_id and c.workstream_id is not null and i.state <> 'done';
