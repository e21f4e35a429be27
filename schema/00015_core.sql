-- +goose Up
-- What a conversation still owes, what its run is to be told, and what has fallen due for people.

-- Wishes: written in the transaction that wishes them, and owed until done.
alter table conversations
    add column hand_over       text check (hand_over in ('bot-escalated', 'bot-failed', 'no-bot')), -- people are wanted, and why; null: not
    add column hand_over_turn  uuid, -- the customer's line that asked for them
    add column hand_over_queue uuid, -- the queue that the bot named; null: the rules choose
    add column ending          text; -- the close reason; null: nobody wishes the end
create index conversations_wishing on conversations (tenant, id) where state <> 'closed' and (hand_over is not null or ending is not null);

-- The trace of the request that brought the line, or in which it was written; what follows from it joins that trace.
alter table messages add column traceparent text not null default '';
create index messages_unanswered on messages (tenant, conversation_id, seq) where wants_answer;

-- A mark has an owner (attempt_id) and an end; a message that WeChat wants later has a time.
alter table deliveries
    add column not_before timestamptz, -- queued: not before then; null: at once
    add column until      timestamptz; -- sending: the attempt owns the message until then

-- What a conversation still owes, one row for each thing. At most 200 messages wait for WeChat before the bot is asked again.
create view owed as
select c.tenant, c.id as conversation_id, c.workflow_id, o.what, o.not_before
from conversations c cross join lateral (
    (select 'turn' as what, m.created_at as not_before from messages m
     where m.tenant = c.tenant and m.conversation_id = c.id and m.wants_answer
       and c.holder = 'bot' and c.hand_over is null and c.ending is null
       and (select count(*) from (
            select from deliveries d where d.tenant = c.tenant and d.conversation_id = c.id and d.status in ('queued', 'sending')
            limit 200) as unsent) < 200
     order by m.seq limit 1)
    union all
    (select 'send', case d.status when 'sending' then d.until else coalesce(d.not_before, d.created_at) end from deliveries d
     where d.tenant = c.tenant and d.conversation_id = c.id and d.status in ('queued', 'sending')
     order by d.status = 'queued', d.seq limit 1)
    union all
    select 'hand-over', c.since where c.hand_over is not null
    union all
    select 'end', c.since where c.ending is not null
) o
where c.state <> 'closed';

-- Notices to runs: what somebody else than the run did in its conversation. Whoever commits an act tells its run at once and
-- deletes the notice; what a crash or an outage left is told by the workers.
create table outbox (
    tenant          text        not null,
    conversation_id uuid        not null,
    workflow_id     text        not null,
    number          bigint      not null, -- raised by every act
    act             text        not null,
    assignment      boolean     not null, -- told as agent-assigned, otherwise as agent-acted
    since           timestamptz not null default now(),
    claimed_until   timestamptz, -- a teller is at it until then
    primary key (tenant, conversation_id),
    foreign key (tenant, conversation_id) references conversations
);
create index outbox_oldest on outbox (since);
drop table untold;

-- What has fallen due for people, beside what a conversation's own run times. Written in the transaction that makes it true,
-- removed by the one that ends it.
create table due (
    tenant   text        not null,
    kind     text        not null check (kind in ('agent-gone')), -- nobody has been connected for the agent since then
    agent_id uuid        not null,
    since    timestamptz not null,
    due_at   timestamptz not null,
    tries    int         not null default 0, -- failed ones, for the back-off
    primary key (tenant, kind, agent_id),
    foreign key (tenant, agent_id) references agents
);
create index due_next on due (due_at);

-- The limit of sends to WeChat: the theoretical arrival time of the next one (GCRA), taken by the workers in blocks.
create table send_limits (
    tenant text        primary key references tenants,
    tat    timestamptz not null default now()
);
insert into send_limits (tenant) values ('default');

-- How many conversations an agent has at a time at most, whatever their units say (A14).
alter table tenants add column max_conversations int not null default 10 check (max_conversations between 1 and 1000);

-- What an agent has now: units that are taken, conversations at a time, and the use of each of the agent's capacity profiles.
-- Distribution, pick, presence and figures all read this. An assignment counts while it is live and still holds capacity.
-- A conversation that is put aside does not count at all (CAP-8). A profile with reset end_of_day counts what is offered and
-- what was accepted since midnight in the agent's time zone (CAP-3). What the conversation `without` takes is left out; null: nothing.
-- Both kinds have an index of their own, so no read grows with an agent's history.
create function capacity_in_use(of_tenant text, of_agent uuid, zone text, without uuid)
returns table (load int, sessions int, rooms jsonb) language sql stable as $$
    select live.load, live.sessions, profiles.rooms
    from (
        select coalesce(sum(a.units) filter (where a.holds_until is null or a.holds_until > statement_timestamp()), 0)::int as load,
            (count(*) filter (where a.holds_until is null or a.holds_until > statement_timestamp()
                or (select c.state from conversations c where c.tenant = a.tenant and c.id = a.conversation_id) is distinct from 'waiting'))::int as sessions
        from assignments a
        where a.tenant = of_tenant and a.agent_id = of_agent and a.state in ('offered', 'accepted')
            and a.conversation_id is distinct from without
    ) live cross join lateral (
        select jsonb_agg(jsonb_build_object('profile', p.id, 'blocking', p.blocking, 'limit', coalesce(mine.item_limit, p.item_limit),
            'used', (
                select count(*) from assignments a
                where a.tenant = of_tenant and a.agent_id = of_agent and a.state in ('offered', 'accepted')
                    and a.conversation_id is distinct from without and p.id = any(a.profiles) and case p.reset
                        when 'end_of_day' then a.state = 'offered'
                        else a.holds_until is null or a.holds_until > statement_timestamp() end
            ) + case p.reset when 'end_of_day' then (
                select count(*) from assignments a
                where a.tenant = of_tenant and a.agent_id = of_agent and a.profiles <> '{}' and p.id = any(a.profiles)
                    and a.accepted_at >= date_trunc('day', statement_timestamp() at time zone zone) at time zone zone
                    and a.conversation_id is distinct from without
            ) else 0 end) order by p.name) as rooms
        from agent_profiles mine join capacity_profiles p on p.tenant = mine.tenant and p.id = mine.profile_id
        where mine.tenant = of_tenant and mine.agent_id = of_agent
    ) profiles
$$;

-- Who has just finished a conversation (PRE-6).
create index assignments_ended on assignments (tenant, ended_at) where state = 'ended';
