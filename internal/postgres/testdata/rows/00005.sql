-- People: an agent with a skill has a conversation, another one waits in the queue.
insert into operating_hours (tenant, id, name, time_zone) values ('default', '50000000-0000-7000-8000-000000000001', 'Office', 'Asia/Shanghai');
update queues set hours_id = '50000000-0000-7000-8000-000000000001' where id = '10000000-0000-7000-8000-000000000001';
insert into skills (tenant, id, name) values ('default', '50100000-0000-7000-8000-000000000001', 'tea');
insert into capacity_profiles (tenant, id, name, item_limit, reset) values ('default', '50200000-0000-7000-8000-000000000001', 'Complaints', 2, 'end_of_day');
insert into agents (tenant, id, name) values ('default', '51000000-0000-7000-8000-000000000001', 'Ann');
insert into agent_skills (tenant, agent_id, skill_id, rating) values ('default', '51000000-0000-7000-8000-000000000001', '50100000-0000-7000-8000-000000000001', 7);
insert into agent_profiles (tenant, agent_id, profile_id) values ('default', '51000000-0000-7000-8000-000000000001', '50200000-0000-7000-8000-000000000001');
insert into queue_members (tenant, queue_id, agent_id) values ('default', '10000000-0000-7000-8000-000000000001', '51000000-0000-7000-8000-000000000001');
insert into api_tokens (tenant, id, name, role, agent_id, hash)
values ('default', '19000000-0000-7000-8000-000000000002', 'Ann', 'agent', '51000000-0000-7000-8000-000000000001', 'other hash');
insert into rulesets (tenant, id, kind, workstream_id, name, published)
values ('default', '52000000-0000-7000-8000-000000000001', 'route', '00000000-0000-7000-8000-000000000003', 'Routes', 1);
insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at)
values ('default', '52000000-0000-7000-8000-000000000001', 1, '[]', 'cli', now());
update conversations set state = 'active', holder = 'agent', agent_id = '51000000-0000-7000-8000-000000000001', escalated = true,
    workstream_id = '00000000-0000-7000-8000-000000000003', revision = 3 where id = '15000000-0000-7000-8000-000000000002';
insert into notes (tenant, id, conversation_id, author, body)
values ('default', '53000000-0000-7000-8000-000000000001', '15000000-0000-7000-8000-000000000002', '51000000-0000-7000-8000-000000000001', 'sealed');
insert into work_items (tenant, id, conversation_id, queue_id, state, mode, since, units, skill_match, presences, demand)
values ('default', '54000000-0000-7000-8000-000000000001', '15000000-0000-7000-8000-000000000002', '10000000-0000-7000-8000-000000000001', 'assigned', 'push', now(), 25, 'exact', '{available}', 'd');
insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, accepted_at)
values ('default', '55000000-0000-7000-8000-000000000001', '54000000-0000-7000-8000-000000000001', '15000000-0000-7000-8000-000000000002',
    '10000000-0000-7000-8000-000000000001', '51000000-0000-7000-8000-000000000001', 'offer', 'accepted', 25, now());
insert into wakes (tenant) values ('default');
insert into untold (tenant, conversation_id, workflow_id, revision) values ('default', '15000000-0000-7000-8000-000000000002', 'conversation/a/key', 3);
insert into routing_traces (tenant, conversation_id, stage, body) values ('default', '15000000-0000-7000-8000-000000000002', 'route', '{}');
insert into feed (tenant, kind, conversation_id) values ('default', 'conversation', '15000000-0000-7000-8000-000000000002');
insert into api_processes (id) values ('56000000-0000-7000-8000-000000000001');
insert into connections (id, tenant, agent_id, process_id)
values ('57000000-0000-7000-8000-000000000001', 'default', '51000000-0000-7000-8000-000000000001', '56000000-0000-7000-8000-000000000001');
