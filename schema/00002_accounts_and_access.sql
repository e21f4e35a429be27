-- +goose Up
-- Official accounts with their secrets and bots, and who has access: API tokens, users and their sessions, the codec endpoint's sessions,
-- and the audit of what they changed.

-- The bots that accounts may be set up with. A webhook is a program of somebody's own, with an address and a secret. A deleted bot keeps
-- its row, for the audit, but not its secret. A replaced secret signs beside the new one for a day.
create table bots (
    tenant             text        not null references tenants,
    id                 uuid        not null,
    kind               text        not null check (kind in ('faq', 'webhook')),
    name               text        not null,
    url                text,
    secret             bytea,      -- sealed
    old_secret         bytea,      -- sealed
    secret_replaced_at timestamptz,
    version            bigint      not null default 1,
    created_at         timestamptz not null default now(),
    updated_at         timestamptz not null default now(),
    deleted_at         timestamptz,
    primary key (tenant, id),
    constraint bots_reachable check (
        case when kind = 'webhook' then url is not null and (secret is null) = (deleted_at is not null)
             else url is null and secret is null end
    ),
    constraint bots_overlap check (old_secret is null or (secret is not null and secret_replaced_at is not null))
);
insert into bots (tenant, id, kind, name) values ('default', '00000000-0000-7000-8000-000000000001', 'faq', 'FAQ');

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
    time_zone     text        not null default 'Asia/Shanghai', -- IANA name; of the account's customers: what rules call time
    idle_close_ms bigint      not null check (idle_close_ms >= 1000),
    bot_id        uuid,
    workstream_id uuid,
    id_key        bytea       not null, -- sealed; keys the hashes of messages and customers, never rotates
    app_secret    bytea       not null, -- sealed
    version       bigint      not null default 1,
    created_at    timestamptz not null default now(),
    updated_at    timestamptz not null default now(),
    deleted_at    timestamptz,
    primary key (tenant, id),
    foreign key (tenant, bot_id) references bots,
    foreign key (tenant, workstream_id) references workstreams
);
create unique index accounts_one_per_app on accounts (tenant, app_id) where deleted_at is null;
create index accounts_by_bot on accounts (tenant, bot_id) where bot_id is not null;

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

-- WeChat's access tokens, one per account. The lock on the row allows one refresh at a time over all processes.
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
    version    bigint      not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant, id),
    foreign key (tenant, account_id) references accounts
);
create unique index faq_entries_once on faq_entries (tenant, account_id, language, phrase) nulls not distinct;

-- Tokens of the HTTP API, which end by themselves; only their SHA-256 is kept.
create table api_tokens (
    tenant       text        not null references tenants,
    id           uuid        not null,
    name         text        not null,
    role         text        not null check (role in ('admin', 'supervisor', 'agent')),
    agent_id     uuid,
    hash         bytea       not null unique,
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    last_used_at timestamptz, -- to a minute; null: never
    revoked_at   timestamptz,
    primary key (tenant, id),
    foreign key (tenant, agent_id) references agents,
    check (role <> 'agent' or agent_id is not null),
    constraint api_tokens_live_a_year check (expires_at <= created_at + interval '366 days')
);

-- People who sign in. What they may do is their role; whose work they do is the agent, whatever the role. A deleted user keeps the name,
-- for what they wrote.
create table users (
    tenant          text        not null references tenants,
    id              uuid        not null,
    name            text        not null,
    name_key        text        not null, -- the name as it is compared: see user.Key
    role            text        not null check (role in ('admin', 'supervisor', 'agent')),
    agent_id        uuid,
    locale          text        not null default '' check (locale in ('', 'zh-CN', 'en')),
    preferences     jsonb       not null default '{}' check (octet_length(preferences::text) <= 4096), -- user.Preferences
    password        text,        -- argon2id with its parameters, in PHC form; null: none was set yet
    disabled        boolean     not null default false,
    shift_since     timestamptz, -- at work since then; null: not at work
    last_sign_in_at timestamptz,
    version         bigint      not null default 1,
    created_at      timestamptz not null default now(),
    updated_at      timestamptz not null default now(),
    deleted_at      timestamptz,
    primary key (tenant, id),
    foreign key (tenant, agent_id) references agents,
    check (role <> 'agent' or agent_id is not null)
);
create unique index users_one_name on users (tenant, name_key) where deleted_at is null;
create unique index users_one_agent on users (tenant, agent_id) where agent_id is not null and deleted_at is null;

-- Who has signed in, and in which browser. The text is with the browser, in a cookie. A session is over after so long without a request,
-- and in any case at a moment that was fixed when it began.
create table sessions (
    tenant     text        not null,
    id         uuid        not null, -- UUIDv7
    user_id    uuid        not null,
    hash       bytea       not null unique check (length(hash) = 32), -- SHA-256 of the text
    by_link    boolean     not null,
    network    text        not null, -- where the person signed in from: /24 or /64
    browser    text        not null,
    created_at timestamptz not null default now(),
    seen_at    timestamptz not null default now(), -- to a minute
    idle       interval    not null,
    until      timestamptz not null,
    primary key (tenant, id),
    foreign key (tenant, user_id) references users
);
create index sessions_of on sessions (tenant, user_id, id);
create index sessions_until on sessions (until);

-- Links that sign in once. The code stands in the link alone.
create table sign_in_links (
    hash       bytea       primary key check (length(hash) = 32), -- SHA-256 of the code
    tenant     text        not null,
    user_id    uuid        not null,
    here_only  boolean     not null, -- made by `wxdesk dev`: needs no password, and works on this machine alone
    until      timestamptz not null,
    foreign key (tenant, user_id) references users
);
create index sign_in_links_of on sign_in_links (tenant, user_id);
create index sign_in_links_until on sign_in_links (until);

-- How often it was tried to sign in lately, by name and by network, over all processes.
create table sign_in_tries (
    tenant text        not null references tenants,
    kind   text        not null check (kind in ('name', 'network')),
    key    text        not null, -- of a name its keyed hash: what is typed there may be a password
    tries  int         not null,
    since  timestamptz not null default now(), -- of the first of them
    primary key (tenant, kind, key)
);
create index sign_in_tries_since on sign_in_tries (since);

-- Who has signed in at the codec endpoint of the private listener, and the tickets of links that sign in once. The text itself is
-- with the browser, or in the link.
create table codec_sessions (
    hash       bytea       primary key check (length(hash) = 32), -- SHA-256 of the text
    ticket     boolean     not null,
    who        text        not null,
    token_hash bytea       check (length(token_hash) = 32), -- of the API token that began it; null: a ticket did
    until      timestamptz not null
);
create index codec_sessions_until on codec_sessions (until);

-- Who changed what. Never a secret's value. The audit only grows: whoever may write to it may add, and nobody changes, removes or empties.
-- What is older than the least time for which a tenant can keep it may be forgotten.
create table audit (
    tenant  text        not null references tenants,
    id      bigint      generated always as identity,
    at      timestamptz not null default now(),
    actor   text        not null, -- a user's id, an API token's, or "cli"
    action  text        not null,
    subject text        not null,
    detail  jsonb       not null default '{}',
    primary key (tenant, id)
);
create index audit_old on audit (tenant, at);
-- +goose StatementBegin
create function audit_only_grows() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.at < now() - interval '180 days' then
        return old;
    end if;
    raise exception 'the audit only grows' using errcode = 'insufficient_privilege';
end
$$;
-- +goose StatementEnd
create trigger audit_only_grows before update or truncate on audit for each statement execute function audit_only_grows();
create trigger audit_only_forgets before delete on audit for each row execute function audit_only_grows();

-- Forgets the oldest rows of a tenant from one moment up to another. It has the right to do so that the programs' role has not.
create function forget_audit(of_tenant text, since timestamptz, before timestamptz, most int)
returns table (at timestamptz) language sql security definer set search_path from current as $$
    delete from audit where ctid = any(array(
        select a.ctid from audit a where a.tenant = of_tenant and a.at >= since and a.at < before order by a.at limit most))
    returning at
$$;

-- The role that programs have, where it is not the one that owns the tables.
-- +goose StatementBegin
do $$
declare program name;
begin
    for program in
        select distinct grantee from information_schema.role_table_grants
        where table_schema = current_schema and table_name = 'audit' and grantee <> current_user
    loop
        execute format('revoke all on audit from %I', program);
        execute format('grant select, insert on audit to %I', program);
    end loop;
end
$$;
-- +goose StatementEnd
