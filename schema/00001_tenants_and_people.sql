-- +goose Up
-- Tenants, and the set-up that administrators make for people: hours, skills, capacity profiles, agents, queues, workstreams and rules.
--
-- For all files: every row has a tenant, first in every key. Text, openids and secrets are sealed (bytea); what must be found is found
-- by a keyed hash. Times are Postgres's clock unless a column says otherwise. A column `version` counts changes of its row: changing the
-- set-up needs the version that was read.

-- The keep_ columns say how many days things are kept. A conversation is removed with everything that was said and done in it, so many
-- days after its end; evidence of quarantine so many days after it was taken in.
create table tenants (
    id                      text        primary key,
    name                    text        not null,
    created_at              timestamptz not null default now(),
    max_conversations       int         not null default 10 check (max_conversations between 1 and 1000), -- that an agent has at a time, whatever their units
    keep_conversations_days int         not null default 730,
    keep_receipts_days      int         not null default 90,
    keep_events_days        int         not null default 90,
    keep_quarantine_days    int         not null default 90,
    keep_traces_days        int         not null default 30,
    keep_audit_days         int         not null default 1095,
    constraint tenants_keep check (
        keep_conversations_days between 1 and 36500 and keep_receipts_days between 7 and 36500 and keep_events_days between 1 and 36500
        and keep_quarantine_days between 1 and 36500 and keep_traces_days between 1 and 36500 and keep_audit_days between 180 and 36500)
);
insert into tenants (id, name) values ('default', 'Default');

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

-- Presences with names of a tenant's own (PRE-2): routing reads only the base.
create table custom_presences (
    tenant     text        not null references tenants,
    id         uuid        not null,
    name       text        not null, -- for administrators
    text       text        not null, -- what an agent shows
    base       text        not null check (base in ('available', 'busy', 'dnd', 'away', 'offline')),
    version    bigint      not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant, id),
    unique (tenant, name)
);

-- custom_presence is the one that the agent chose last. The agent shows it while the presence is still its base and still the agent's
-- choice; afterwards the id means nothing, so it points to no row that must be there.
create table agents (
    tenant           text        not null references tenants,
    id               uuid        not null,
    name             text        not null,
    units            int         not null default 100 check (units between 0 and 1000000), -- 0: no new work
    time_zone        text        not null default 'Asia/Shanghai',
    hours_id         uuid,       -- when the agent works, for rules that ask (ASG-9); null: always
    default_presence text        not null default 'available' check (default_presence in ('available', 'busy', 'dnd', 'away', 'offline')),
    presence         text        not null default 'offline' check (presence in ('available', 'busy', 'dnd', 'away', 'offline', 'inactive')),
    presence_manual  boolean     not null default false, -- chosen by a person, see routing.NextPresence
    presence_before  text,       -- what it was when the last connection was lost; restored within the grace
    presence_at      timestamptz not null default now(), -- when it became what it is
    lost_at          timestamptz, -- when the last connection was lost, as long as nobody is told: no new work meanwhile
    custom_presence  uuid,
    attributes       jsonb       not null default '{}',  -- strings, for custom assignment rules
    disabled         boolean     not null default false,
    version          bigint      not null default 1,
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    deleted_at       timestamptz,
    primary key (tenant, id),
    foreign key (tenant, hours_id) references operating_hours
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

-- Where conversations wait for people. A queue of the contact centre, never a task queue. Every agent is a member of the default queue
-- (QUE-4).
create table queues (
    tenant         text        not null references tenants,
    id             uuid        not null,
    name           text        not null,
    is_default     boolean     not null default false,
    priority       int         not null default 100, -- smaller goes first
    method         text        not null default 'highest_capacity' check (method in ('highest_capacity', 'round_robin', 'least_active', 'custom')),
    hours_id       uuid,       -- null: always open
    overflow       jsonb       not null default '{}', -- routing.Overflow
    decline_limit  int         not null default 3 check (decline_limit between 1 and 5),
    empty_alert_at timestamptz, -- when supervisors were told that nobody works in the queue; null: they were not, or somebody works there again
    version        bigint      not null default 1,
    created_at     timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    deleted_at     timestamptz,
    primary key (tenant, id),
    foreign key (tenant, hours_id) references operating_hours
);
create unique index queues_one_default on queues (tenant) where is_default;
create unique index queues_one_name on queues (tenant, name) where deleted_at is null; -- routing names queues
insert into queues (tenant, id, name, is_default)
values ('default', '00000000-0000-7000-8000-000000000002', 'Default queue', true);

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
    tenant             text        not null references tenants,
    id                 uuid        not null,
    name               text        not null,
    mode               text        not null default 'push' check (mode in ('push', 'pick')),
    pick_from_push     boolean     not null default false,
    fallback_queue     uuid        not null,
    auto_close_ms      bigint      check (auto_close_ms >= 1000), -- of a waiting conversation; null: the account's idle_close
    units              int         not null default 25 check (units between 0 and 1000000), -- that one conversation takes
    profiles           uuid[]      not null default '{}',  -- capacity profiles that one conversation takes instead
    max_per_agent      int         check (max_per_agent >= 1), -- conversations that an agent has at a time (WS-14); null: no limit
    wrap_up            text        not null default 'always' check (wrap_up in ('always', 'never', 'after')), -- does wrap-up block capacity
    wrap_up_ms         bigint      not null default 60000 check (wrap_up_ms between 0 and 3600000), -- with 'after'
    presences          text[]      not null default '{available,busy}',
    skill_match        text        not null default 'exact' check (skill_match in ('exact', 'closest', 'none')),
    affinity           boolean     not null default true,
    affinity_always    boolean     not null default false, -- kept for the agent who had it, however long the agent is away (D2)
    affinity_age_ms    bigint      not null default 2592000000 -- how long after a conversation the next one is kept for its agent (WS-11): 30 days
                                   check (affinity_age_ms between 3600000 and 31622400000),
    offer_ms           bigint      not null default 120000 check (offer_ms between 1000 and 300000),
    auto_accept        boolean     not null default false, -- assigned without asking
    missed_inactive    boolean     not null default false, -- an unanswered offer makes the agent inactive
    reject_dnd         boolean     not null default false, -- a rejected one makes the agent do-not-disturb
    decline_pause_ms   bigint      not null default 0 check (decline_pause_ms between 0 and 3600000), -- before who declined is asked again
    transfer_to_agents boolean     not null default true,  -- whether agents may hand conversations on to a colleague by name (TRF-2); supervisors always may
    agents_set_skills  boolean     not null default false, -- whether agents may correct which skills their conversation needs (SKL-5); supervisors always may
    open_limit_ms      bigint      not null default 2592000000 check (open_limit_ms >= 60000),   -- how long a conversation may
    active_limit_ms    bigint      not null default 2592000000 check (active_limit_ms >= 60000), -- be in a state (LIF-4): 30 days,
    wrap_up_limit_ms   bigint      not null default 86400000 check (wrap_up_limit_ms >= 60000),  -- 30 days, one day
    variables          jsonb       not null default '[]',  -- routing.Variable: what the context may hold
    is_default         boolean     not null default false,
    version            bigint      not null default 1,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    deleted_at         timestamptz,
    primary key (tenant, id),
    foreign key (tenant, fallback_queue) references queues
);
create unique index workstreams_one_default on workstreams (tenant) where is_default;
insert into workstreams (tenant, id, name, fallback_queue, is_default)
values ('default', '00000000-0000-7000-8000-000000000003', 'Default workstream', '00000000-0000-7000-8000-000000000002', true);

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
    created_by   text        not null, -- a user's id, an API token's, or "cli"
    created_at   timestamptz not null default now(),
    published_at timestamptz, -- null: a draft, which may still change
    primary key (tenant, ruleset_id, number),
    foreign key (tenant, ruleset_id) references rulesets
);
