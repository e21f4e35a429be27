#!/bin/sh
# Runs once, when the data folder is made: roles and databases for the two who use this server. wxdesk_owner makes the tables of
# wxdesk (wxdesk migrate); wxdesk, the role of everything else, reads and writes rows. The migrations let it add to the audit alone.
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" \
	-v owner="$POSTGRES_PASSWORD_OWNER" -v wxdesk="$POSTGRES_PASSWORD_WXDESK" -v temporal="$POSTGRES_PASSWORD_TEMPORAL" <<'SQL'
create role wxdesk_owner login password :'owner';
create role wxdesk login password :'wxdesk';
create role temporal login password :'temporal';
create database wxdesk owner wxdesk_owner;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database wxdesk, temporal, temporal_visibility from public;
grant connect on database wxdesk to wxdesk;
\connect wxdesk
alter default privileges for role wxdesk_owner in schema public grant select, insert, update, delete on tables to wxdesk;
SQL
