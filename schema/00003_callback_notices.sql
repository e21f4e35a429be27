-- +goose Up
-- What callbacks have shown about the set-up of an account, and when last: one row for each kind of notice. A notice
-- counts only while the account has the version that it was made of.

create table callback_notices (
    tenant     text        not null,
    account_id uuid        not null,
    notice     text        not null,
    version    bigint      not null, -- of the account
    noticed_at timestamptz not null default now(),
    primary key (tenant, account_id, notice),
    foreign key (tenant, account_id) references accounts
);
