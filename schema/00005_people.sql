-- +goose Up
-- People: who they are, how work finds them, and what becomes of it. The set-up (workstreams, queues, hours, skills,
-- capacity profiles, rules) is an administrator's; work items, assignments, wakes and the feed are written by the
-- transactions that make them true.

-- Changing the set-up needs the version that was read.

create table operating_hours (
    tenant     text        not null references tenants,
    id         uuid        not null,
    name       text        not null,
    time_zone  text        not null,               -- IANA name
    weekly     jsonb       not null default '[]',  -- routing.Hours.Weekly
    holidays   jsonb       not null default '[]',  -- routing.Hours.Holidays
    version    bigint      not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant, id)
);

create table skills (
    tenant     text        not null references tenants,
    id         uuid        not null,
    name       text        not null,
    kind       text        not null default '', -- the skill type: language, product, …
    version    bigint      not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant, id),
    unique (tenant, name)
);

create table capacity_profiles (
    tenant     text        not null references tenants,
    id         uuid        not null,
    name       text        not null,
    item_limit int         not null check (item_limit between 1 and 1000000),
    reset      text        not null check (reset in ('immediate', 'end_of_day')),
    blocking   boolean     not null default false, -- at the limit nothing at all is assigned
    version    bigint      not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant, id),
    unique (tenant, name)
);

create table agents (
    tenant           text        not null references tenants,
    id               uuid        not null,
    name             text        not null,
    units            int         not null default 100 check (units between 0 and 1000000), -- 0: no new work
    time_zone        text        not null default 'Asia/Shanghai',
    default_presence text        not null default 'available' check (default_presence in ('available', 'busy', 'dnd', 'away', 'offline')),
    presence         text        not null default 'offline' check (presence in ('available', 'busy', 'dnd', 'away', 'offline', 'inactive')),
    presence_manual  boolean     not null default false, -- chosen by a person, see routing.NextPresence
    presence_before  text,       -- what it was when the last connection was lost; restored within the grace
    presence_at      timestamptz not null default now(), -- when it became what it is
    attributes       jsonb       not null default '{}',  -- strings, for custom assignment rules
    disabled         boolean     not null default false,
    version          bigint      not null default 1,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    deleted_at       timestamptz,
    primary key (tenant, id)
);

create table agent_skills (
    tenant   text    not null,
    agent_id uuid    not null,
    skill_id uuid    not null,
    rating   int     not null check (rating between 1 and 10),
    disabled boolean not null default false,
    primary key (tenant, agent_id, skill_id),
    foreign key (tenant, agent_id) references agents,
    foreign key (tenant, skill_id) references skills
);

create table agent_profiles (
    tenant     text not null,
    agent_id   uuid not null,
    profile_id uuid not null,
    item_limit int check (item_limit between 0 and 1000000), -- null: the profile's
    primary key (tenant, agent_id, profile_id),
    foreign key (tenant, agent_id) references agents,
    foreign key (tenant, profile_id) references capacity_profiles
);

alter table api_tokens add foreign key (tenant, agent_id) references agents;

alter table queues
    add column priority      int    not null default 100, -- smaller goes first
    add column method        text   not null default 'highest_capacity' check (method in ('highest_capacity', 'round_robin', 'least_active', 'custom')),
    add column hours_id      uuid,   -- null: always open
    add column overflow      jsonb  not null default '{}', -- routing.Overflow
    add column decline_limit int    not null default 3 check (decline_limit between 1 and 5),
    add column version       bigint not null default 1,
    add column updated_at    timestamptz not null default now(),
    add column deleted_at    timestamptz,
    add foreign key (tenant, hours_id) references operating_hours;

create unique index queues_one_name on queues (tenant, name) where deleted_at is null; -- routing travels by name

create table queue_members (
    tenant    text        not null,
    queue_id  uuid        not null,
    agent_id  uuid        not null,
    joined_at timestamptz not null default now(),
    primary key (tenant, queue_id, agent_id),
    foreign key (tenant, queue_id) references queues,
    foreign key (tenant, agent_id) references agents
);
create index queue_members_by_agent on queue_members (tenant, agent_id);

create table workstreams (
    tenant          text        not null references tenants,
    id              uuid        not null,
    name            text        not null,
    mode            text        not null default 'push' check (mode in ('push', 'pick')),
    pick_from_push  boolean     not null default false,
    fallback_queue  uuid        not null,
    auto_close_ms   bigint      check (auto_close_ms >= 1000), -- of a waiting conversation; null: the account's idle_close
    units           int         not null default 25 check (units between 0 and 1000000), -- that one conversation takes
    profiles        uuid[]      not null default '{}',  -- capacity profiles that one conversation takes instead
    wrap_up         text        not null default 'always' check (wrap_up in ('always', 'never', 'after')), -- does wrap-up block capacity
    wrap_up_ms      bigint      not null default 60000 check (wrap_up_ms between 0 and 3600000), -- with 'after'
    presences       text[]      not null default '{available,busy}',
    skill_match     text        not null default 'exact' check (skill_match in ('exact', 'closest', 'none')),
    affinity        boolean     not null default true,
    offer_ms        bigint      not null default 120000 check (offer_ms between 1000 and 300000),
    auto_accept     boolean     not null default false, -- assigned without asking
    missed_inactive boolean     not null default false, -- an unanswered offer makes the agent inactive
    reject_dnd      boolean     not null default false, -- a rejected one makes him do-not-disturb
    variables       jsonb       not null default '[]',  -- routing.Variable: what the context may hold
    is_default      boolean     not null default false,
    version         bigint      not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    deleted_at      timestamptz,
    primary key (tenant, id),
    foreign key (tenant, fallback_queue) references queues
);
create unique index workstreams_one_default on workstreams (tenant) where is_default;
insert into workstreams (tenant, id, name, fallback_queue, is_default)
values ('default', '00000000-0000-7000-8000-000000000003', 'Default workstream', '00000000-0000-7000-8000-000000000002', true);

alter table accounts add column workstream_id uuid, add foreign key (tenant, workstream_id) references workstreams;
update accounts set workstream_id = '00000000-0000-7000-8000-000000000003';

-- Rules. A version never changes once it is published; running conversations keep the one they were routed by.
create table rulesets (
    tenant        text        not null references tenants,
    id            uuid        not null,
    kind          text        not null check (kind in ('classification', 'route', 'prioritisation', 'assignment')),
    workstream_id uuid,       -- of classification and route
    queue_id      uuid,       -- of prioritisation and assignment
    name          text        not null,
    position      int         not null default 0, -- order of a workstream's classification rulesets
    published     bigint,     -- number of the version in force; null: none
    version       bigint      not null default 1, -- counts changes of this row, for If-Match
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    deleted_at    timestamptz,
    primary key (tenant, id),
    foreign key (tenant, workstream_id) references workstreams,
    foreign key (tenant, queue_id) references queues,
    check ((kind in ('classification', 'route')) = (workstream_id is not null)),
    check ((kind in ('prioritisation', 'assignment')) = (queue_id is not null))
);
create unique index rulesets_one_name on rulesets (tenant, workstream_id, kind, name) where workstream_id is not null and deleted_at is null;
create unique index rulesets_one_route on rulesets (tenant, workstream_id, kind) where kind = 'route' and deleted_at is null;
create unique index rulesets_one_per_queue on rulesets (tenant, queue_id, kind) where queue_id is not null and deleted_at is null;

create table ruleset_versions (
    tenant       text        not null,
    ruleset_id   uuid        not null,
    number       bigint      not null, -- 1, 2, 3 …
    rules        jsonb       not null, -- routing.Rule, in order
    created_by   text        not null,
    created_at   timestamptz not null default now(),
    published_at timestamptz, -- null: a draft, which may still change
    primary key (tenant, ruleset_id, number),
    foreign key (tenant, ruleset_id) references rulesets
);

alter table customers add column preferred_agents uuid[] not null default '{}';

-- A conversation as people see it. revision counts its changes of standing (conversation.Standing): whoever hears of one
-- late knows that it is old.
alter table conversations
    add column revision     bigint      not null default 1,
    add column workstream_id uuid,
    add column context      bytea,       -- sealed by the customer's key: JSON object of strings and whole numbers
    add column since        timestamptz not null default now(), -- when it came into its state
    add column waiting_since timestamptz, -- for a person, since when
    add column wait_until   timestamptz, -- of state waiting: comes back by itself then
    add column escalated    boolean     not null default false, -- a bot has had it, and gave it up
    add column last_agent   uuid,        -- who had it last; affinity
    add foreign key (tenant, workstream_id) references workstreams,
    add foreign key (tenant, agent_id) references agents;
create index conversations_of_customer on conversations (tenant, customer_id, closed_at desc); -- who had the last one
create index conversations_by_agent on conversations (tenant, agent_id) where state <> 'closed' and agent_id is not null;

alter table messages add column agent_id uuid;

-- What agents write for each other. Never sent, never changed.
create table notes (
    tenant          text        not null,
    id              uuid        not null, -- UUIDv7; the id of the command that made it
    conversation_id uuid        not null,
    author          text        not null, -- an agent's id, or an API token's
    body            bytea       not null, -- sealed by the customer's key
    created_at      timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, conversation_id) references conversations
);
create index notes_of on notes (tenant, conversation_id, id);

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
    preferred       uuid[]      not null default '{}',
    declined        jsonb       not null default '{}', -- agent id → how often
    demand          text        not null, -- hash of what decides who fits: equal for items that the same agents fit
    attributes      jsonb       not null default '{}', -- set by classification: strings and whole numbers, for rules
    primary key (tenant, id),
    foreign key (tenant, conversation_id) references conversations,
    foreign key (tenant, queue_id) references queues
);
create unique index work_items_one_live on work_items (tenant, conversation_id) where state <> 'done';
create index work_items_waiting on work_items (tenant, queue_id, priority, since, id) where state = 'waiting';
create index work_items_by_demand on work_items (tenant, queue_id, demand, priority, since, id) where state = 'waiting' and mode = 'push';

-- Who was asked, and who has it. Load is the sum over these rows, never a counter.
create table assignments (
    tenant          text        not null,
    id              uuid        not null, -- UUIDv7
    work_item_id    uuid        not null,
    conversation_id uuid        not null,
    queue_id        uuid        not null,
    agent_id        uuid        not null,
    how             text        not null check (how in ('offer', 'direct', 'pick', 'supervisor', 'transfer')),
    state           text        not null check (state in ('offered', 'accepted', 'rejected', 'missed', 'withdrawn', 'voided', 'ended')),
    units           int         not null,
    profiles        uuid[]      not null default '{}',
    offered_at      timestamptz not null default now(),
    deadline        timestamptz, -- of an offer
    accepted_at     timestamptz,
    ended_at        timestamptz,
    holds_until     timestamptz, -- when it stops taking capacity; null: while it is live
    primary key (tenant, id),
    foreign key (tenant, work_item_id) references work_items,
    foreign key (tenant, agent_id) references agents,
    check ((state in ('offered', 'accepted')) = (ended_at is null))
);
create unique index assignments_one_live on assignments (tenant, conversation_id) where state in ('offered', 'accepted');
create index assignments_of on assignments (tenant, agent_id, conversation_id); -- what an agent may see
create index assignments_live_by_agent on assignments (tenant, agent_id) where state in ('offered', 'accepted');
create index assignments_of_day on assignments (tenant, agent_id, accepted_at) where accepted_at is not null and profiles <> '{}';
create index assignments_released on assignments (tenant, agent_id, (least(holds_until, ended_at)) desc) where least(holds_until, ended_at) is not null;
create index assignments_latest on assignments (tenant, queue_id, agent_id, offered_at desc);

-- Something changed that may make a match. Consumed by the next distribution; one that lies in the future by the first
-- after it.
create table wakes (
    tenant text        not null,
    id     bigint      generated always as identity,
    due_at timestamptz not null default now(),
    primary key (tenant, id)
);

-- The distribution lock.
create table distributions (
    tenant text primary key references tenants
);
insert into distributions (tenant) values ('default');

-- Conversations whose runs have not yet been told how they stand, because somebody else than the run changed it.
create table untold (
    tenant          text        not null,
    conversation_id uuid        not null,
    workflow_id     text        not null,
    since           timestamptz not null default now(),
    revision        bigint      not null,
    primary key (tenant, conversation_id),
    foreign key (tenant, conversation_id) references conversations
);

-- How a conversation was routed and distributed: one row for each step; a waiting item keeps only its last look.
create table routing_traces (
    tenant          text        not null,
    conversation_id uuid        not null,
    id              bigint      generated always as identity,
    stage           text        not null check (stage in ('route', 'overflow', 'distribution', 'command')),
    work_item_id    uuid,
    body            jsonb       not null, -- routing.Trace, routing.Look
    at              timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, conversation_id) references conversations
);
create index routing_traces_of on routing_traces (tenant, conversation_id, id);
create unique index routing_traces_last_look on routing_traces (tenant, work_item_id) where stage = 'distribution';

-- What the desks are told, in the order of commit: a reader takes rows below the oldest transaction that still runs.
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

-- API processes and the desks that are connected to them. A process that has been silent for 15 s has lost its desks.
create table api_processes (
    id      uuid        primary key,
    beat_at timestamptz not null default now()
);
create table connections (
    id         uuid        primary key,
    tenant     text        not null,
    agent_id   uuid        not null,
    process_id uuid        not null,
    since      timestamptz not null default now(),
    foreign key (tenant, agent_id) references agents
);
create index connections_of on connections (tenant, agent_id);

-- The text of a reply or a note waits here until its conversation takes it; what a command came to is written in the same
-- transaction as its effect, so that a repeat finds it.
alter table commands
    add column conversation_id uuid,
    add column body            bytea, -- sealed by the customer's key
    add column effect          jsonb; -- conversation.Commanded
