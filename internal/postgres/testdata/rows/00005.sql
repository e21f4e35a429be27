-- The agent's assignment, and what distribution has written around it.
insert into work_items (tenant, id, conversation_id, queue_id, state, mode, since, units, skill_match, presences, demand)
values ('default', '54000000-0000-7000-8000-000000000001', '15000000-0000-7000-8000-000000000002', '10000000-0000-7000-8000-000000000001', 'assigned', 'push', now(), 25, 'exact', '{available}', 'd');
insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, accepted_at)
values ('default', '55000000-0000-7000-8000-000000000001', '54000000-0000-7000-8000-000000000001', '15000000-0000-7000-8000-000000000002',
    '10000000-0000-7000-8000-000000000001', '51000000-0000-7000-8000-000000000001', 'offer', 'accepted', 25, now());
insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, deadline, show_by, ended_at)
values ('default', '55000000-0000-7000-8000-000000000002', '54000000-0000-7000-8000-000000000001', '15000000-0000-7000-8000-000000000002',
    '10000000-0000-7000-8000-000000000001', '51000000-0000-7000-8000-000000000001', 'offer', 'unseen', 25, now(), now(), now());
insert into distribution_triggers (tenant) values ('default');
insert into routing_traces (tenant, conversation_id, stage, body) values ('default', '15000000-0000-7000-8000-000000000002', 'route', '{}');
insert into api_processes (id) values ('56000000-0000-7000-8000-000000000001');
insert into connections (id, tenant, agent_id, process_id, token_id)
values ('57000000-0000-7000-8000-000000000001', 'default', '51000000-0000-7000-8000-000000000001', '56000000-0000-7000-8000-000000000001',
    '58000000-0000-7000-8000-000000000001');
insert into due (tenant, kind, agent_id, since, due_at)
values ('default', 'agent-gone', '51000000-0000-7000-8000-000000000001', now(), now() + interval '5 minutes');
insert into feed (tenant, kind, conversation_id) values ('default', 'conversation', '15000000-0000-7000-8000-000000000002');
