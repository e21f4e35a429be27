-- +goose NO TRANSACTION
-- +goose Up
-- What is forgotten and when, and what large tables are read by. Every statement is a transaction of its own and repeatable.
reset lock_timeout; -- an attempt may have been broken off after it was raised

-- How many days things are kept. A conversation goes with everything that was said and done in it, so many days after its end;
-- evidence of quarantine so many days after it was taken in.
alter table tenants
    add column if not exists keep_conversations_days int not null default 730,
    add column if not exists keep_receipts_days      int not null default 90,
    add column if not exists keep_events_days        int not null default 90,
    add column if not exists keep_quarantine_days    int not null default 90,
    add column if not exists keep_traces_days        int not null default 30,
    add column if not exists keep_audit_days         int not null default 1095;
alter table tenants drop constraint if exists tenants_keep;
alter table tenants add constraint tenants_keep check (
    keep_conversations_days between 1 and 36500 and keep_receipts_days between 7 and 36500 and keep_events_days between 1 and 36500
    and keep_quarantine_days between 1 and 36500 and keep_traces_days between 1 and 36500 and keep_audit_days between 180 and 36500) not valid;
alter table tenants validate constraint tenants_keep;

-- A key is kept for a day, a conversation at least for one after its end; so no key needs its conversation's row.
alter table commands drop constraint if exists commands_tenant_conversation_id_fkey;

-- When the conversation of an assignment was opened: an agent's list is in that order.
alter table assignments add column if not exists opened_at timestamptz;
-- +goose StatementBegin
create or replace function assignment_opened() returns trigger language plpgsql as $$
begin
    select c.opened_at into new.opened_at from conversations c where c.tenant = new.tenant and c.id = new.conversation_id;
    return new;
end
$$;
-- +goose StatementEnd
create or replace trigger assignments_opened before insert on assignments for each row execute function assignment_opened();
-- +goose StatementBegin
do $$
declare
    last record;
    upto record;
begin
    select ''::text as tenant, '00000000-0000-0000-0000-000000000000'::uuid as id into last;
    loop
        select a.tenant, a.id into upto from (
            select tenant, id from assignments where (tenant, id) > (last.tenant, last.id) order by tenant, id limit 1000) a
        order by a.tenant desc, a.id desc limit 1;
        exit when not found;
        update assignments a set opened_at = c.opened_at from conversations c
        where (a.tenant, a.id) > (last.tenant, last.id) and (a.tenant, a.id) <= (upto.tenant, upto.id)
            and a.opened_at is null and c.tenant = a.tenant and c.id = a.conversation_id;
        last := upto;
        commit;
    end loop;
end
$$;
-- +goose StatementEnd

-- The queue whose members are told of a conversation in it: only where they may pick it. All others hear of what is offered to
-- them alone. Null: no members are told.
-- +goose StatementBegin
create or replace function queue_told(of_tenant text, conversation uuid, queue uuid) returns uuid language sql stable strict as $$
    select queue where exists (
        select from conversations c left join workstreams w on w.tenant = c.tenant and w.id = c.workstream_id
        where c.tenant = of_tenant and c.id = conversation and (w.pick_from_push or exists (
            select from work_items i where i.tenant = c.tenant and i.conversation_id = c.id and i.mode = 'pick')))
$$;
-- +goose StatementEnd

-- An index that a broken attempt has left is not used, so each is made anew. Nobody waits behind these statements, which themselves wait
-- for every older transaction.
set lock_timeout = '9min';
drop index concurrently if exists receipts_old;
create index concurrently receipts_old on receipts (tenant, created_at);
drop index concurrently if exists receipts_of_message;
create index concurrently receipts_of_message on receipts (tenant, message_id) where message_id is not null;
drop index concurrently if exists events_old;
create index concurrently events_old on events (tenant, created_at);
drop index concurrently if exists audit_old;
create index concurrently audit_old on audit (tenant, at);
drop index concurrently if exists quarantine_done;
create index concurrently quarantine_done on quarantine (tenant, done_at) where done_at is not null;
drop index concurrently if exists routing_traces_old;
create index concurrently routing_traces_old on routing_traces (tenant, at);
drop index concurrently if exists conversations_closed;
create index concurrently conversations_closed on conversations (tenant, closed_at) where closed_at is not null;

-- All that belongs to a conversation can be found by it.
drop index concurrently if exists work_items_of;
create index concurrently work_items_of on work_items (tenant, conversation_id);
drop index concurrently if exists assignments_of_item;
create index concurrently assignments_of_item on assignments (tenant, work_item_id);

-- Lists, newest first.
drop index concurrently if exists conversations_newest_open;
create index concurrently conversations_newest_open on conversations (tenant, opened_at desc, id desc) where state <> 'closed';
drop index concurrently if exists conversations_open_of_agent;
create index concurrently conversations_open_of_agent on conversations (tenant, agent_id, opened_at desc, id desc)
    where state <> 'closed' and agent_id is not null;
drop index concurrently if exists conversations_by_agent; -- the one above does its work
drop index concurrently if exists conversations_open_of_queue;
create index concurrently conversations_open_of_queue on conversations (tenant, queue_id, opened_at desc, id desc)
    where state <> 'closed' and queue_id is not null;
drop index concurrently if exists conversations_by_queue;
drop index concurrently if exists conversations_newest_of_agent;
create index concurrently conversations_newest_of_agent on conversations (tenant, agent_id, opened_at desc, id desc) where agent_id is not null;
drop index concurrently if exists conversations_newest_of_queue;
create index concurrently conversations_newest_of_queue on conversations (tenant, queue_id, opened_at desc, id desc) where queue_id is not null;
drop index concurrently if exists conversations_newest_of_account;
create index concurrently conversations_newest_of_account on conversations (tenant, account_id, opened_at desc, id desc);
drop index concurrently if exists assignments_newest;
create index concurrently assignments_newest on assignments (tenant, agent_id, opened_at desc, conversation_id desc)
    where state = 'offered' or accepted_at is not null;

-- What waits in a queue, the longest first.
drop index concurrently if exists conversations_waiting;
create index concurrently conversations_waiting on conversations (tenant, queue_id, waiting_since, id)
    where state = 'open' and holder = 'queue' and ending is null;
reset lock_timeout;
