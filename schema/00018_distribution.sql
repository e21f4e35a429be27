-- +goose Up
-- Until when an item is kept for affinity_agent; null: for nobody. Whoever puts the item back into its queue says so.
alter table work_items add column kept_until timestamptz;

-- What is kept, by whom it is kept for; and what was declined or prefers somebody, by demand. Neither hides the other, nor items
-- of another agent, demand or queue.
drop index work_items_singular;
create index work_items_kept on work_items (tenant, queue_id, affinity_agent, priority, since, id)
    where state = 'waiting' and mode = 'push' and affinity_agent is not null;
create index work_items_singular on work_items (tenant, queue_id, demand, priority, since, id)
    where state = 'waiting' and mode = 'push' and (preferred <> '{}' or declined <> '{}');

-- Whose time to hold capacity has ended lately.
create index assignments_holding on assignments (tenant, holds_until) where state = 'accepted' and holds_until is not null;

-- The distribution lock is an advisory one: it is held while nothing is written.
drop table distributions;

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

-- As before, with profile_in_use. Who does not select rooms does not pay for them: of thousands of agents they are read by
-- themselves, in one go.
create or replace function capacity_in_use(of_tenant text, of_agent uuid, zone text, without uuid)
returns table (load int, sessions int, rooms jsonb) language sql stable as $$
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
