-- +goose Up
-- A conversation that begins with a bot is classified before the bot's first answer (CLS-13). What rules gave then stays
-- with it, and is what classification begins with where people are asked for; null: there was nothing to ask.
alter table conversations add column classified jsonb; -- routing.Needs
alter table routing_traces
    drop constraint routing_traces_stage_check,
    add constraint routing_traces_stage_check check (stage in ('classification', 'route', 'overflow', 'distribution', 'command'));

-- By which clock an account's customers live: what rules call time.
alter table accounts add column time_zone text not null default 'Asia/Shanghai'; -- IANA name
