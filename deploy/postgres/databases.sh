#!/bin/sh
# Runs once, when the data folder is made: a role and databases for each of the two who use this server.
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" \
	-v wxdesk="$POSTGRES_PASSWORD_WXDESK" -v temporal="$POSTGRES_PASSWORD_TEMPORAL" <<'SQL'
create role wxdesk login password :'wxdesk';
create role temporal login password :'temporal';
create database wxdesk owner wxdesk;
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke connect on database wxdesk, temporal, temporal_visibility from public;
SQL
