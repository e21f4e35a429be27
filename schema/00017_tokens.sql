-- +goose Up
-- API tokens end by themselves. Those that were there before have the usual 90 days from now.
alter table api_tokens
    add column expires_at   timestamptz not null default now() + interval '90 days',
    add column last_used_at timestamptz, -- to a minute; null: never
    add constraint api_tokens_live_a_year check (expires_at <= created_at + interval '366 days') not valid;
alter table api_tokens alter column expires_at drop default;

-- The audit only grows: whoever may write to it may add, and nobody changes, removes or empties.
-- +goose StatementBegin
create function audit_only_grows() returns trigger language plpgsql as $$
begin
    raise exception 'the audit only grows' using errcode = 'insufficient_privilege';
end
$$;
-- +goose StatementEnd
create trigger audit_only_grows before update or delete or truncate on audit for each statement execute function audit_only_grows();

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
