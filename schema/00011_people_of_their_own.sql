-- +goose Up
-- What people have of their own.

-- Presences with names of a house's own (PRE-2): routing looks at the base alone.
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

-- The one that an agent chose last. It is what he shows while his presence is still the base of it and still his choice;
-- afterwards the id means nothing, so it points to no row that must be there.
alter table agents add column custom_presence uuid;

-- Every agent is a member of the default queue (QUE-4).
insert into queue_members (tenant, queue_id, agent_id)
select q.tenant, q.id, a.id from queues q join agents a on a.tenant = q.tenant
where q.is_default and q.deleted_at is null and a.deleted_at is null
on conflict do nothing;

-- When an agent works, for rules that ask (ASG-9); null: always.
alter table agents
    add column hours_id uuid,
    add foreign key (tenant, hours_id) references operating_hours;
