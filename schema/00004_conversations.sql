-- +goose Up
-- Customers and conversations: what was said, what was sent, what people did, and what is still owed.

-- Followers who have written. The data key seals everything they say; destroying it is erasure.
create table customers (
    tenant           text        not null,
    id               uuid        not null,
    account_id       uuid        not null,
    customer_key     text        not null, -- keyed hash of the openid
    data_key         bytea       not null, -- sealed by a master key
    openid           bytea       not null, -- sealed by the data key
    following        boolean     not null default true,
    message_until    timestamptz, -- the reply allowance, see conversation.Allowance
    message_left     int         not null default 0,
    tap_until        timestamptz,
    tap_left         int         not null default 0,
    tap_by           text        not null default '', -- the kind of the message that opened the tap's window
    tags             bytea,      -- what people say of the customer, for rules; sealed by the customer's key: JSON list of texts
    preferred_agents uuid[]      not null default '{}',
    version          bigint      not null default 1, -- counts changes of tags and preferred_agents
    created_at       timestamptz not null default now(),
    updated_at       timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, account_id) references accounts,
    unique (tenant, account_id, customer_key)
);

-- A conversation as people see it. revision counts its changes of standing (conversation.Standing): whoever hears of one
-- late knows that it is old.
--
-- Wishes (hand_over, ending) are written in the transaction that wishes them, and owed until done.
create table conversations (
    tenant           text        not null,
    id               uuid        not null, -- the id of the run that began it
    account_id       uuid        not null,
    customer_id      uuid        not null,
    workflow_id      text        not null,
    workstream_id    uuid,
    state            text        not null check (state in ('open', 'active', 'waiting', 'wrap_up', 'closed')),
    holder           text        not null check (holder in ('bot', 'queue', 'agent')),
    queue_id         uuid,
    agent_id         uuid,
    last_agent       uuid,       -- who had it last; affinity
    escalated        boolean     not null default false, -- a bot has had it, and gave it up
    epoch            bigint      not null default 1,
    revision         bigint      not null default 1,
    last_seq         bigint      not null default 0,
    context          bytea,      -- sealed by the customer's key: JSON object of strings and whole numbers
    classified       jsonb,      -- routing.Needs that rules gave before the bot's first answer (CLS-13); classification begins with it where people are asked for; null: there was nothing to ask
    opened_at        timestamptz not null default now(),
    last_customer_at timestamptz not null default now(),
    unanswered_since timestamptz, -- the first message of the customer that neither a bot nor an agent has answered; null: none
    answered_at      timestamptz, -- when a bot or an agent wrote last
    active_at        timestamptz not null default now(), -- of the last message. These three are in no index: every message changes them
    since            timestamptz not null default now(), -- when it came into its state
    waiting_since    timestamptz, -- for a person, since when
    wait_until       timestamptz, -- of state waiting: comes back by itself then
    hand_over        text        check (hand_over in ('bot-escalated', 'bot-failed', 'no-bot')), -- why people are to get the conversation; null: they are not
    hand_over_turn   uuid,       -- the customer's message that asked for them
    hand_over_queue  uuid,       -- the queue that the bot named; null: the rules choose
    ending           text,       -- the close reason; null: nobody wishes the end
    wished_at        timestamptz, -- when people or the end were wished
    close_reason     text,
    closed_at        timestamptz,
    primary key (tenant, id),
    foreign key (tenant, account_id) references accounts,
    foreign key (tenant, customer_id) references customers,
    foreign key (tenant, workstream_id) references workstreams,
    foreign key (tenant, queue_id) references queues,
    foreign key (tenant, agent_id) references agents,
    check ((state = 'closed') = (closed_at is not null))
);
create unique index conversations_one_open on conversations (tenant, account_id, customer_id) where state <> 'closed';
create index conversations_of_customer on conversations (tenant, customer_id, closed_at desc); -- who had the last one
create index conversations_wishing on conversations (tenant, id) where state <> 'closed' and (hand_over is not null or ending is not null);
create index conversations_closed on conversations (tenant, closed_at) where closed_at is not null;
-- Lists, newest first.
create index conversations_newest on conversations (tenant, opened_at desc, id desc);
create index conversations_newest_open on conversations (tenant, opened_at desc, id desc) where state <> 'closed';
create index conversations_newest_of_workstream on conversations (tenant, workstream_id, opened_at desc, id desc) where workstream_id is not null;
create index conversations_newest_of_account on conversations (tenant, account_id, opened_at desc, id desc);
create index conversations_newest_of_agent on conversations (tenant, agent_id, opened_at desc, id desc) where agent_id is not null;
create index conversations_open_of_agent on conversations (tenant, agent_id, opened_at desc, id desc)
    where state <> 'closed' and agent_id is not null;
create index conversations_newest_of_queue on conversations (tenant, queue_id, opened_at desc, id desc) where queue_id is not null;
create index conversations_open_of_queue on conversations (tenant, queue_id, opened_at desc, id desc)
    where state <> 'closed' and queue_id is not null;
-- What waits in a queue, the longest first.
create index conversations_waiting on conversations (tenant, queue_id, waiting_since, id)
    where state = 'open' and holder = 'queue' and ending is null;
create index conversations_waiting_anywhere on conversations (tenant, waiting_since, id) where state <> 'closed' and waiting_since is not null;

-- What customer, bot, agent or an automated message said. Rows never change, except wants_answer; what becomes of a message to the
-- customer stands in deliveries.
create table messages (
    tenant          text        not null,
    id              uuid        not null, -- UUIDv7; of what a command wrote, the command's id
    conversation_id uuid        not null,
    seq             bigint      not null, -- given under the conversation's row lock
    author          text        not null check (author in ('customer', 'bot', 'agent', 'system')),
    agent_id        uuid,
    kind            text        not null,
    body            bytea       not null, -- sealed by the customer's key: {"text": …, "fields": …}
    turn_id         uuid,                 -- the customer's message that this one answers
    turn_part       int,                  -- 0, 1, 2 … of the bot's answer; 1000 for the notice of a hand-over
    wants_answer    boolean     not null default false, -- whether a bot that holds the conversation is asked about it: a run remembers so many turns, and finds the rest here
    stale           boolean     not null default false,
    echo            boolean     not null default false,
    traceparent     text        not null default '', -- of the request that brought it, or in which it was written; what follows from it joins that trace
    said_at         timestamptz,          -- WeChat's CreateTime, where it made sense
    created_at      timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, conversation_id) references conversations,
    unique (tenant, conversation_id, seq),
    unique (tenant, conversation_id, turn_id, turn_part),
    check ((turn_id is null) = (turn_part is null))
);
create index messages_unanswered on messages (tenant, conversation_id, seq) where wants_answer;

-- What a bot asked of the contact centre with its answer to a turn; the first stored answer of a turn stands.
create table turns (
    tenant          text        not null,
    conversation_id uuid        not null,
    turn_id         uuid        not null,
    epoch           bigint      not null,
    command         text        not null check (command in ('', 'escalate', 'end')),
    reason          bytea       not null, -- sealed by the customer's key
    summary         bytea,      -- what the bot tells the agent with an escalation, beside the reason; sealed by the customer's key
    queue_id        uuid,
    answered_at     timestamptz not null default now(),
    primary key (tenant, conversation_id, turn_id),
    foreign key (tenant, conversation_id) references conversations
);
create index turns_latest on turns (tenant, conversation_id, answered_at); -- what a bot said last: one that goes round in circles is noticed

-- The fate of every message to a customer: queued → sending → sent | failed | unknown.
create table deliveries (
    tenant          text        not null,
    message_id      uuid        not null,
    conversation_id uuid        not null,
    seq             bigint      not null,
    epoch           bigint,     -- of a bot's message: it goes out in this epoch or not at all
    status          text        not null check (status in ('queued', 'sending', 'sent', 'failed', 'unknown')),
    attempt_id      uuid,       -- of the last attempt, which owns the message while it is sending
    until           timestamptz, -- sending: the attempt owns the message until then
    not_before      timestamptz, -- queued: WeChat wants it later, not before then; null: at once
    attempts        int         not null default 0,
    reason          text        not null default '',
    errcode         bigint,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant, message_id),
    foreign key (tenant, message_id) references messages
);
create index deliveries_unfinished on deliveries (tenant, conversation_id, seq) where status in ('queued', 'sending');
create index deliveries_sending on deliveries (tenant, conversation_id) where status = 'sending';

-- The limit of sends to WeChat: the theoretical arrival time of the next one (GCRA), taken by the workers in blocks.
create table send_limits (
    tenant text        primary key references tenants,
    tat    timestamptz not null default now()
);
insert into send_limits (tenant) values ('default');

-- What agents write for each other. Never sent, never changed.
create table notes (
    tenant          text        not null,
    id              uuid        not null, -- UUIDv7; the id of the command that made it
    conversation_id uuid        not null,
    author          text        not null, -- an agent's id, a user's, or an API token's
    body            bytea       not null, -- sealed by the customer's key
    seq             bigint      not null, -- from the counter of messages
    created_at      timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, conversation_id) references conversations,
    unique (tenant, conversation_id, seq)
);

-- What happened to a conversation beside what was said, for its timeline: who took it, handed it on, ended it. Written in the transaction
-- of the act. Rows never change. That it was opened stands in its own row.
create table steps (
    tenant          text        not null,
    conversation_id uuid        not null,
    seq             bigint      not null, -- from the counter of messages
    what            text        not null check (what in ('handed-over', 'offered', 'accepted', 'declined', 'offer-over', 'picked', 'assigned',
                                                         'transferred', 'put-aside', 'resumed', 'ended', 'closed')),
    author          text        not null check (author in ('customer', 'bot', 'agent', 'system', 'user', 'token')),
    author_id       text        not null, -- of an agent, a user or an API token; '' otherwise
    queue_id        uuid,       -- where it went
    agent_id        uuid,       -- who was asked, or has it now
    reason          text        not null,
    until           timestamptz, -- of what was put aside; null: until the customer writes
    at              timestamptz not null,
    primary key (tenant, conversation_id, seq),
    foreign key (tenant, conversation_id) references conversations
);

-- How far a person has read a conversation.
create table read_marks (
    tenant          text   not null,
    conversation_id uuid   not null,
    reader          text   not null, -- access.Viewer.Reader
    seq             bigint not null, -- of the last entry of the timeline that they have seen
    primary key (tenant, conversation_id, reader),
    foreign key (tenant, conversation_id) references conversations
);

-- What people did in conversations, under the keys of their requests: kept for a day, so that a repeat reads the same. A conversation is
-- kept at least for a day after its end; so no key needs its conversation's row.
create table commands (
    tenant          text        not null references tenants,
    id              uuid        not null, -- of the act
    actor_id        uuid        not null, -- a user's id, or an API token's: a key outlives the session it was used in
    method          text        not null,
    path            text        not null,
    key             text        not null,
    conversation_id uuid        not null,
    request         bytea       not null, -- HMAC of body and If-Match
    acted           bytea,      -- command.Result, sealed by the customer's key; null: that key did not open when it was done
    created_at      timestamptz not null default now(),
    primary key (tenant, id),
    unique (tenant, actor_id, method, path, key)
);
create index commands_old on commands (created_at);

-- What a conversation still owes, one row for each thing. At most 200 messages wait for WeChat before the bot is asked again.
-- The end waits for what can still be sent.
create view owed as
select c.tenant, c.id as conversation_id, c.workflow_id, o.what, o.not_before
from conversations c
cross join lateral (select coalesce(
    (select coalesce(d.until, d.updated_at) from deliveries d
     where d.tenant = c.tenant and d.conversation_id = c.id and d.status = 'sending' limit 1),
    (select coalesce(d.not_before, d.created_at) from deliveries d
     where d.tenant = c.tenant and d.conversation_id = c.id and d.status = 'queued' order by d.seq limit 1)) as at) send
cross join lateral (values
    ('turn', case when c.holder = 'bot' and c.hand_over is null and c.ending is null then (
        select m.created_at from messages m
        where m.tenant = c.tenant and m.conversation_id = c.id and m.wants_answer
            and (select count(*) from (
                select from deliveries d where d.tenant = c.tenant and d.conversation_id = c.id and d.status in ('queued', 'sending')
                limit 200) unsent) < 200
        order by m.seq limit 1) end),
    ('send', send.at),
    ('hand-over', case when c.hand_over is not null then coalesce(c.wished_at, c.since) end),
    ('end', case when c.ending is not null then greatest(c.wished_at, c.since, send.at) end)
) o (what, not_before)
where c.state <> 'closed' and o.not_before is not null;

-- Notices to runs: what somebody else than the run did in its conversation. Whoever commits an act tells its run at once and
-- deletes the notice; what a crash or an outage left is told by the workers.
create table outbox (
    tenant          text        not null,
    conversation_id uuid        not null,
    workflow_id     text        not null,
    number          bigint      not null generated by default as identity, -- a new one with every act
    act             text        not null,
    assignment      boolean     not null, -- told as agent-assigned, otherwise as agent-acted
    since           timestamptz not null default now(), -- of the oldest act of which the run has not been told
    claimed_until   timestamptz not null default clock_timestamp() + interval '1 second', -- somebody tells the run until then: first who committed
    tries           int         not null default 0, -- failed ones, for the back-off
    primary key (tenant, conversation_id),
    foreign key (tenant, conversation_id) references conversations
);
create index outbox_oldest on outbox (since);
create index outbox_next on outbox (claimed_until);

-- Worker processes that poll. Each says so every second; one that has been silent for some seconds is gone.
create table workers (
    id         uuid        primary key,
    version    text        not null,
    started_at timestamptz not null default now(),
    beat_at    timestamptz not null default now()
);
