-- +goose NO TRANSACTION
-- +goose Up
-- An example for CONTRIBUTING.md and tests, not part of the schema: how filled tables are changed beside the work. Every statement is a
-- transaction of its own and repeatable.
reset lock_timeout; -- an attempt may have been broken off after it was raised

-- A column with a constant default, and a constraint on it.
alter table tenants add column if not exists keep_examples_days int not null default 30;
alter table tenants drop constraint if exists tenants_keep_examples;
alter table tenants add constraint tenants_keep_examples check (keep_examples_days between 1 and 36500) not valid;
alter table tenants validate constraint tenants_keep_examples;

-- A column that has a value in every row: a trigger fills new rows, a loop the old ones.
alter table assignments add column if not exists opened_day date;
-- +goose StatementBegin
create or replace function assignment_opened() returns trigger language plpgsql as $$
begin
    select c.opened_at, c.opened_at::date into new.opened_at, new.opened_day
    from conversations c where c.tenant = new.tenant and c.id = new.conversation_id;
    return new;
end
$$;
-- +goose StatementEnd
-- +goose StatementBegin
do $$
declare
    last record;
    upto record;
begin
    select ''::text as tenant, '00000000-0000-0000-0000-000000000000'::uuid as id into last;
    loop
        -- By keys that were read: a range of keys whose ends the planner does not know would have it read the whole table each time.
        with next as (
            select tenant, id from assignments where (tenant, id) > (last.tenant, last.id) order by tenant, id limit 1000),
        filled as (
            update assignments a set opened_day = a.opened_at::date from next n
            where a.tenant = n.tenant and a.id = n.id and a.opened_day is null)
        select tenant, id into upto from next order by tenant desc, id desc limit 1;
        exit when not found;
        last := upto;
        commit;
    end loop;
end
$$;
-- +goose StatementEnd

-- An index that a broken attempt has left is not used, so it is made anew. Nobody waits behind these statements, which themselves wait
-- for every older transaction.
set lock_timeout = '9min';
drop index concurrently if exists receipts_example;
create index concurrently receipts_example on receipts (tenant, received_at);
drop index concurrently if exists audit_example;
create index concurrently audit_example on audit (tenant, action, at);
drop index concurrently if exists routing_traces_example;
create index concurrently routing_traces_example on routing_traces (tenant, stage, at);
drop index concurrently if exists conversations_example;
create index concurrently conversations_example on conversations (tenant, workstream_id, opened_at);
reset lock_timeout;
