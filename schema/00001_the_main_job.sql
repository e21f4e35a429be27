-- +goose Up
-- The ledger of the main job: who may write, what was written, and what became of it.
--
-- Every row has a tenant, first in every key. Text, openids and secrets are sealed (bytea); what must be found is found
-- by a keyed hash. Times are Postgres's clock unless a column says otherwise.

create table tenants (
    id         text        primary key,
    name       text        not null,
    created_at timestamptz not null default now()
);
insert into tenants (id, name) values ('default', 'Default');

-- The bots that accounts may be set up with.
create table bots (
    tenant     text        not null references tenants,
    id         uuid        not null,
    kind       text        not null check (kind in ('faq')),
    name       text        not null,
    created_at timestamptz not null default now(),
    primary key (tenant, id)
);
insert into bots (tenant, id, kind, name) values ('default', '00000000-0000-7000-8000-000000000001', 'faq', 'FAQ');

-- Where conversations wait for people. A queue of the contact centre, never a task queue.
create table queues (
    tenant     text        not null references tenants,
    id         uuid        not null,
    name       text        not null,
    is_default boolean     not null default false,
    created_at timestamptz not null default now(),
    primary key (tenant, id)
);
create unique index queues_one_default on queues (tenant) where is_default;
insert into queues (tenant, id, name, is_default)
values ('default', '00000000-0000-7000-8000-000000000002', 'Default queue', true);

-- Official accounts. The id stands in the callback's path, where no tenant is known yet, so it is unique by itself.
create table accounts (
    tenant        text        not null references tenants,
    id            uuid        not null unique,
    name          text        not null,
    original_id   text        not null,
    app_id        text        not null,
    mode          text        not null check (mode in ('safe', 'compatible', 'plain')),
    kind          text        not null check (kind in ('service', 'subscription', 'sandbox')),
    reply_mode    text        not null check (reply_mode in ('active', 'passive')),
    verified      boolean     not null,
    disabled      boolean     not null default false,
    language      text        not null,
    idle_close_ms bigint      not null check (idle_close_ms >= 1000),
    bot_id        uuid,
    id_key        bytea       not null, -- sealed; keys the hashes of messages and customers, never rotates
    app_secret    bytea       not null, -- sealed
    version       bigint      not null default 1,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    deleted_at    timestamptz,
    primary key (tenant, id),
    foreign key (tenant, bot_id) references bots
);
create unique index accounts_one_per_app on accounts (tenant, app_id) where deleted_at is null;

-- The secrets that open callbacks, current and replaced. A replaced one still opens new callbacks for a day, and what
-- was accepted under it until retention ends.
create table account_secrets (
    tenant      text        not null,
    account_id  uuid        not null,
    id          uuid        not null,
    purpose     text        not null check (purpose in ('token', 'aes_key')),
    sealed      bytea       not null,
    created_at  timestamptz not null default now(),
    replaced_at timestamptz,
    primary key (tenant, id),
    foreign key (tenant, account_id) references accounts
);
create unique index account_secrets_one_current on account_secrets (tenant, account_id, purpose) where replaced_at is null;

-- WeChat's access tokens, one per account. The row's lock is what makes one refresh over all processes.
create table access_tokens (
    tenant     text        not null,
    account_id uuid        not null,
    sealed     bytea,
    expires_at timestamptz,
    forced_at  timestamptz, -- when a refresh was last forced; WeChat wants 30 s between two
    primary key (tenant, account_id),
    foreign key (tenant, account_id) references accounts
);

-- What the FAQ bot knows: a phrase (folded as the bot folds it) and its answer, for one account or for all.
create table faq_entries (
    tenant     text        not null references tenants,
    id         uuid        not null,
    account_id uuid,
    language   text        not null,
    phrase     text        not null check (phrase <> ''),
    answer     text        not null check (octet_length(answer) between 1 and 2048),
    created_at timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, account_id) references accounts
);
create unique index faq_entries_once on faq_entries (tenant, account_id, language, phrase) nulls not distinct;

-- Followers who have written. The data key seals everything they say; destroying it is erasure.
create table customers (
    tenant        text        not null,
    id            uuid        not null,
    account_id    uuid        not null,
    customer_key  text        not null, -- keyed hash of the openid
    data_key      bytea       not null, -- sealed by a master key
    openid        bytea       not null, -- sealed by the data key
    following     boolean     not null default true,
    message_until timestamptz, -- the reply allowance, see conversation.Allowance
    message_left  int         not null default 0,
    tap_until     timestamptz,
    tap_left      int         not null default 0,
    created_at    timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, account_id) references accounts,
    unique (tenant, account_id, customer_key)
);

create table conversations (
    tenant           text        not null,
    id               uuid        not null, -- the id of the run that began it
    account_id       uuid        not null,
    customer_id      uuid        not null,
    workflow_id      text        not null,
    state            text        not null check (state in ('open', 'active', 'waiting', 'wrap_up', 'closed')),
    holder           text        not null check (holder in ('bot', 'queue', 'agent')),
    queue_id         uuid,
    agent_id         uuid,
    epoch            bigint      not null default 1,
    last_seq         bigint      not null default 0,
    close_reason     text,
    opened_at        timestamptz not null default now(),
    last_customer_at timestamptz not null default now(),
    closed_at        timestamptz,
    primary key (tenant, id),
    foreign key (tenant, account_id) references accounts,
    foreign key (tenant, customer_id) references customers,
    foreign key (tenant, queue_id) references queues,
    check ((state = 'closed') = (closed_at is not null))
);
create unique index conversations_one_open on conversations (tenant, account_id, customer_id) where state <> 'closed';
create index conversations_newest on conversations (tenant, opened_at desc, id desc);
create index conversations_by_queue on conversations (tenant, queue_id) where state <> 'closed' and queue_id is not null;

-- What customer, bot, agent or an automated message said. Rows never change; what becomes of a message to the customer
-- stands in deliveries.
create table messages (
    tenant          text        not null,
    id              uuid        not null, -- UUIDv7
    conversation_id uuid        not null,
    seq             bigint      not null, -- given under the conversation's row lock
    author          text        not null check (author in ('customer', 'bot', 'agent', 'system')),
    kind            text        not null,
    body            bytea       not null, -- sealed by the customer's key: {"text": …, "fields": …}
    turn_id         uuid,                 -- the customer's message that this one answers
    turn_part       int,                  -- 0, 1, 2 … of the bot's answer; 1000 for the notice of a hand-over
    stale           boolean     not null default false,
    echo            boolean     not null default false,
    said_at         timestamptz,          -- WeChat's CreateTime, where it made sense
    created_at      timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, conversation_id) references conversations,
    unique (tenant, conversation_id, seq),
    unique (tenant, conversation_id, turn_id, turn_part),
    check ((turn_id is null) = (turn_part is null))
);

-- What a bot asked of the contact centre with its answer to a turn; the first stored answer of a turn stands.
create table turns (
    tenant          text        not null,
    conversation_id uuid        not null,
    turn_id         uuid        not null,
    epoch           bigint      not null,
    command         text        not null check (command in ('', 'escalate', 'end')),
    reason          bytea       not null, -- sealed by the customer's key
    queue_id        uuid,
    answered_at     timestamptz not null default now(),
    primary key (tenant, conversation_id, turn_id),
    foreign key (tenant, conversation_id) references conversations
);

-- Message key → what became of it. Outlives messages, so that a late repeat is still a repeat.
create table receipts (
    tenant          text        not null,
    account_id      uuid        not null,
    message_key     text        not null,
    conversation_id uuid,       -- null for what concerns no conversation
    delivery_id     uuid        not null,
    fingerprint     text,
    message_id      uuid,
    outcome         text        not null check (outcome in ('new', 'noted', 'quarantined')),
    received_at     timestamptz not null, -- the door's clock
    created_at      timestamptz not null default now(),
    primary key (tenant, account_id, message_key)
);

-- The fate of every message to a customer: queued → sending → sent | failed | unknown.
create table deliveries (
    tenant          text        not null,
    message_id      uuid        not null,
    conversation_id uuid        not null,
    seq             bigint      not null,
    epoch           bigint,     -- of a bot's message: it goes out in this epoch or not at all
    status          text        not null check (status in ('queued', 'sending', 'sent', 'failed', 'unknown')),
    attempt_id      uuid,
    attempts        int         not null default 0,
    reason          text        not null default '',
    errcode         bigint,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    primary key (tenant, message_id),
    foreign key (tenant, message_id) references messages
);
create index deliveries_unfinished on deliveries (tenant, conversation_id, seq) where status in ('queued', 'sending');

-- Events that concern no conversation, and unfollows.
create table events (
    tenant       text        not null,
    id           uuid        not null,
    account_id   uuid        not null,
    message_key  text        not null,
    kind         text        not null,
    customer_key text,       -- null where the event names no customer
    body         bytea       not null, -- sealed by a master key
    received_at  timestamptz not null,
    created_at   timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, account_id) references accounts,
    unique (tenant, account_id, message_key)
);

-- Authentic callbacks that could not be read, kept for a second try after the cause is mended.
create table quarantine (
    tenant          text        not null,
    delivery_id     uuid        not null,
    account_id      uuid        not null,
    message_key     text,
    conversation_id uuid,
    reason          text        not null,
    key_id          uuid,       -- of the account's key, where the raw body is WeChat's ciphertext
    raw             bytea       not null, -- sealed by a master key
    received_at     timestamptz not null,
    created_at      timestamptz not null default now(),
    primary key (tenant, delivery_id),
    foreign key (tenant, account_id) references accounts
);

-- Tokens of the HTTP API; only their SHA-256 is kept.
create table api_tokens (
    tenant     text        not null references tenants,
    id         uuid        not null,
    name       text        not null,
    role       text        not null check (role in ('admin', 'supervisor', 'agent', 'bot')),
    agent_id   uuid,
    hash       bytea       not null unique,
    created_at timestamptz not null default now(),
    revoked_at timestamptz,
    primary key (tenant, id),
    check ((role = 'agent') = (agent_id is not null))
);

-- Requests that carry an Idempotency-Key, and their answers; a repeat within a day gets the same answer.
create table commands (
    tenant      text        not null references tenants,
    id          uuid        not null,
    token_id    uuid        not null,
    method      text        not null,
    path        text        not null,
    key         text        not null,
    body_hash   bytea       not null,
    status      int,        -- HTTP; null while there is no answer
    answer      bytea,      -- sealed by a master key
    created_at  timestamptz not null default now(),
    finished_at timestamptz,
    primary key (tenant, id),
    foreign key (tenant, token_id) references api_tokens,
    unique (tenant, token_id, method, path, key)
);

-- Who changed what. Never a secret's value.
create table audit (
    tenant  text        not null references tenants,
    id      bigint      generated always as identity,
    at      timestamptz not null default now(),
    actor   text        not null, -- an API token's id, or "cli"
    action  text        not null,
    subject text        not null,
    detail  jsonb       not null default '{}',
    primary key (tenant, id)
);

-- Worker processes that poll. Each says so every second; one that has been silent for some seconds is gone.
create table workers (
    id         uuid        primary key,
    version    text        not null,
    started_at timestamptz not null default now(),
    beat_at    timestamptz not null default now()
);
