-- +goose Up
-- How work finds people: items, assignments and capacity, and what agents' screens are told. These rows are written by the transactions
-- that make them true.

-- What a conversation asks of people: one live item for each conversation that waits for a person or has one.
create table work_items (
    tenant          text        not null,
    id              uuid        not null, -- UUIDv7
    conversation_id uuid        not null,
    queue_id        uuid        not null,
    state           text        not null check (state in ('waiting', 'offered', 'assigned', 'done')),
    mode            text        not null check (mode in ('push', 'pick')),
    priority        int         not null default 100, -- smaller goes first
    queued_at       timestamptz not null default now(), -- when it came into this queue
    since           timestamptz not null, -- what FIFO goes by: the customer's last word
    units           int         not null check (units >= 0),
    profiles        uuid[]      not null default '{}',
    skills          jsonb       not null default '[]', -- routing.NeededSkill, sorted by skill
    skill_match     text        not null check (skill_match in ('exact', 'closest', 'none')),
    presences       text[]      not null,
    affinity_agent  uuid,        -- offered to this agent first, before all others' items
    kept_until      timestamptz, -- until when it is kept for affinity_agent; null: for nobody. Whoever puts the item back into its queue says so
    preferred       uuid[]      not null default '{}',
    declined        jsonb       not null default '{}', -- agent id → how often; 0: was asked and has not declined
    paused          jsonb       not null default '{}', -- agent id → until when the agent is not asked again
    demand          text        not null, -- hash of what decides who fits: equal for items of one workstream that the same agents fit
    attributes      jsonb       not null default '{}', -- set by classification: strings and whole numbers, for rules
    overflow        jsonb,       -- routing.Overflow of the rule that chose the queue, for as long as the item is in it; null: the queue's
    primary key (tenant, id),
    foreign key (tenant, conversation_id) references conversations,
    foreign key (tenant, queue_id) references queues
);
create index work_items_of on work_items (tenant, conversation_id);
create unique index work_items_one_live on work_items (tenant, conversation_id) where state <> 'done';
create index work_items_waiting on work_items (tenant, queue_id, priority, since, id) where state = 'waiting';
create index work_items_by_demand on work_items (tenant, queue_id, demand, priority, since, id) where state = 'waiting' and mode = 'push';
-- Items that are not like others are read by themselves, and few among thousands. What is kept, by the agent whom it is kept for; and what
-- was declined or prefers somebody, by demand. Neither hides the other, nor items of another agent, demand or queue.
create index work_items_kept on work_items (tenant, queue_id, affinity_agent, priority, since, id)
    where state = 'waiting' and mode = 'push' and affinity_agent is not null;
create index work_items_singular on work_items (tenant, queue_id, demand, priority, since, id)
    where state = 'waiting' and mode = 'push' and (preferred <> '{}' or declined <> '{}');

-- Who was asked, and who has it. Load is the sum over these rows, never a counter.
create table assignments (
    tenant          text        not null,
    id              uuid        not null, -- UUIDv7
    work_item_id    uuid        not null,
    conversation_id uuid        not null,
    queue_id        uuid        not null,
    agent_id        uuid        not null,
    how             text        not null check (how in ('offer', 'direct', 'pick', 'supervisor', 'transfer')),
    state           text        not null check (state in ('offered', 'accepted', 'rejected', 'missed', 'unseen', 'withdrawn', 'voided', 'ended')),
    units           int         not null,
    profiles        uuid[]      not null default '{}',
    opened_at       timestamptz, -- when the conversation was opened: an agent's list is in that order
    offered_at      timestamptz not null default now(),
    deadline        timestamptz, -- of an offer
    show_by         timestamptz, -- of an offer: when the agent's desk has to show it; null: it does, or nothing is expected of it
    accepted_at     timestamptz,
    ended_at        timestamptz,
    holds_until     timestamptz, -- when it stops taking capacity; null: while it is live
    primary key (tenant, id),
    foreign key (tenant, work_item_id) references work_items,
    foreign key (tenant, agent_id) references agents,
    check ((state in ('offered', 'accepted')) = (ended_at is null))
);
create index assignments_of_item on assignments (tenant, work_item_id);
create unique index assignments_one_live on assignments (tenant, conversation_id) where state in ('offered', 'accepted');
create index assignments_of on assignments (tenant, agent_id, conversation_id); -- what an agent may see
create index assignments_newest on assignments (tenant, agent_id, opened_at desc, conversation_id desc)
    where state = 'offered' or accepted_at is not null;
create index assignments_live_by_agent on assignments (tenant, agent_id) where state in ('offered', 'accepted');
create index assignments_of_day on assignments (tenant, agent_id, accepted_at) where accepted_at is not null and profiles <> '{}';
create index assignments_holding on assignments (tenant, holds_until) where state = 'accepted' and holds_until is not null; -- whose time to hold capacity has just ended
create index assignments_released on assignments (tenant, agent_id, (least(holds_until, ended_at)) desc) where least(holds_until, ended_at) is not null;
create index assignments_latest on assignments (tenant, queue_id, agent_id, offered_at desc);
create index assignments_ended on assignments (tenant, ended_at) where state = 'ended'; -- who has just finished a conversation (PRE-6)
-- +goose StatementBegin
create function assignment_opened() returns trigger language plpgsql as $$
begin
    select c.opened_at into new.opened_at from conversations c where c.tenant = new.tenant and c.id = new.conversation_id;
    return new;
end
$$;
-- +goose StatementEnd
create trigger assignments_opened before insert on assignments for each row execute function assignment_opened();

-- How much of a capacity profile an agent uses. One with reset end_of_day counts what is offered and what was accepted since midnight
-- in the agent's time zone (CAP-3). What the conversation `without` takes is left out; null: nothing.
create function profile_in_use(of_tenant text, of_agent uuid, of_profile uuid, reset text, zone text, without uuid)
returns table (used int) language sql stable as $$
    select ((
        select count(*) from assignments a
        where a.tenant = of_tenant and a.agent_id = of_agent and a.state in ('offered', 'accepted')
            and a.conversation_id is distinct from without and of_profile = any(a.profiles) and case reset
                when 'end_of_day' then a.state = 'offered'
                else a.holds_until is null or a.holds_until > statement_timestamp() end
    ) + case reset when 'end_of_day' then (
        select count(*) from assignments a
        where a.tenant = of_tenant and a.agent_id = of_agent and a.profiles <> '{}' and of_profile = any(a.profiles)
            and a.accepted_at >= date_trunc('day', statement_timestamp() at time zone zone) at time zone zone
            and a.conversation_id is distinct from without
    ) else 0 end)::int
$$;

-- What an agent has now: units that are taken, conversations at a time, and the use of each of the agent's capacity profiles.
-- Distribution, pick, presence and figures all read this. An assignment counts while it is live and still holds capacity.
-- A conversation that is put aside does not count at all (CAP-8). What the conversation `without` takes is left out; null: nothing.
-- Units and profiles have an index each, so no read grows with an agent's history. Who does not select profile_uses does not pay
-- for it: of thousands of agents it is read by itself, in one go.
create function capacity_in_use(of_tenant text, of_agent uuid, zone text, without uuid)
returns table (load int, sessions int, profile_uses jsonb) language sql stable as $$
    select live.load, live.sessions, (
        select jsonb_agg(jsonb_build_object('profile', p.id, 'blocking', p.blocking, 'limit', coalesce(mine.item_limit, p.item_limit),
            'used', u.used) order by p.name)
        from agent_profiles mine join capacity_profiles p on p.tenant = mine.tenant and p.id = mine.profile_id
        cross join lateral profile_in_use(of_tenant, of_agent, p.id, p.reset, zone, without) u
        where mine.tenant = of_tenant and mine.agent_id = of_agent)
    from (
        select coalesce(sum(a.units) filter (where a.holds_until is null or a.holds_until > statement_timestamp()), 0)::int as load,
            (count(*) filter (where a.holds_until is null or a.holds_until > statement_timestamp()
                or (select c.state from conversations c where c.tenant = a.tenant and c.id = a.conversation_id) is distinct from 'waiting'))::int as sessions
        from assignments a
        where a.tenant = of_tenant and a.agent_id = of_agent and a.state in ('offered', 'accepted')
            and a.conversation_id is distinct from without
    ) live
$$;

-- Something changed that may make a match. Consumed by the next distribution; one that lies in the future by the first
-- after it.
create table distribution_triggers (
    tenant text        not null,
    id     bigint      generated always as identity,
    due_at timestamptz not null default now(),
    primary key (tenant, id)
);

-- How a conversation was routed and distributed: one row for each step; a waiting item keeps only its last match trace.
create table routing_traces (
    tenant          text        not null,
    conversation_id uuid        not null,
    id              bigint      generated always as identity,
    stage           text        not null check (stage in ('classification', 'route', 'overflow', 'distribution', 'command')),
    work_item_id    uuid,
    body            jsonb       not null, -- routing.Trace, routing.MatchTrace
    at              timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, conversation_id) references conversations
);
create index routing_traces_of on routing_traces (tenant, conversation_id, id);
create unique index routing_traces_last_match on routing_traces (tenant, work_item_id) where stage = 'distribution';
create index routing_traces_old on routing_traces (tenant, at);

-- API processes and the agents' connections to them. A process that has been silent for 15 s has lost its connections.
create table api_processes (
    id      uuid        primary key,
    beat_at timestamptz not null default now()
);
create table connections (
    id         uuid        primary key,
    tenant     text        not null,
    agent_id   uuid        not null,
    process_id uuid        not null,
    token_id   uuid,        -- the API token with which it was opened, or else
    user_id    uuid,        -- the user,
    session_id uuid,        -- and their session
    at_work    boolean     not null default true, -- false: the user looks, and has not begun to work; it does not count then
    since      timestamptz not null default now(),
    foreign key (tenant, agent_id) references agents,
    check ((token_id is null) = (user_id is not null) and (user_id is null) = (session_id is null))
);
create index connections_of on connections (tenant, agent_id);

-- What has fallen due for people, beside what a conversation's own run times. Written in the transaction that makes it true,
-- removed by the one that ends it.
create table due (
    tenant   text        not null,
    -- Nobody has been connected for the agent since then. agent-lost: they are to be offline; agent-gone: their work is to go back.
    kind     text        not null check (kind in ('agent-lost', 'agent-gone')),
    agent_id uuid        not null,
    since    timestamptz not null,
    due_at   timestamptz not null,
    tries    int         not null default 0, -- failed ones, for the back-off
    primary key (tenant, kind, agent_id),
    foreign key (tenant, agent_id) references agents
);
create index due_next on due (due_at);

-- What agents' screens are told, in the order of commit: a reader takes rows below the oldest transaction that still runs.
create table feed (
    id              bigint      generated always as identity primary key,
    tenant          text        not null,
    xid             xid8        not null default pg_current_xact_id(),
    kind            text        not null,
    conversation_id uuid,
    queue_id        uuid,        -- for the members of it
    agent_id        uuid,        -- for this agent
    body            jsonb       not null default '{}', -- ids and states, never content
    at              timestamptz not null default now()
);
create index feed_order on feed (xid, id);
-- Raised after a restore, so that cursors from before it are recognised.
create table feed_generation (generation bigint not null);
insert into feed_generation values (1);

-- The queue whose members are told of a conversation in it: only where they may pick it. All others hear of what is offered to
-- them alone. Null: no members are told.
create function queue_told(of_tenant text, conversation uuid, queue uuid) returns uuid language sql stable strict as $$
    select queue where exists (
        select from conversations c left join workstreams w on w.tenant = c.tenant and w.id = c.workstream_id
        where c.tenant = of_tenant and c.id = conversation and (w.pick_from_push or exists (
            select from work_items i where i.tenant = c.tenant and i.conversation_id = c.id and i.mode = 'pick')))
$$;
