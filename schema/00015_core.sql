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
