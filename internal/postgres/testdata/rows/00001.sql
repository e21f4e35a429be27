-- People: an agent with a skill in a queue with hours, and a workstream's rules.
insert into operating_hours (tenant, id, name, time_zone) values ('default', '50000000-0000-7000-8000-000000000001', 'Office', 'Asia/Shanghai');
insert into queues (tenant, id, name, hours_id) values ('default', '10000000-0000-7000-8000-000000000001', 'Returns', '50000000-0000-7000-8000-000000000001');
insert into skills (tenant, id, name) values ('default', '50100000-0000-7000-8000-000000000001', 'tea');
insert into capacity_profiles (tenant, id, name, item_limit, reset) values ('default', '50200000-0000-7000-8000-000000000001', 'Complaints', 2, 'end_of_day');
insert into custom_presences (tenant, id, name, text, base) values ('default', '50300000-0000-7000-8000-000000000001', 'lunch', 'At lunch', 'away');
insert into agents (tenant, id, name, custom_presence) values ('default', '51000000-0000-7000-8000-000000000001', 'Ann', '50300000-0000-7000-8000-000000000001');
insert into agent_skills (tenant, agent_id, skill_id, rating) values ('default', '51000000-0000-7000-8000-000000000001', '50100000-0000-7000-8000-000000000001', 7);
insert into agent_profiles (tenant, agent_id, profile_id) values ('default', '51000000-0000-7000-8000-000000000001', '50200000-0000-7000-8000-000000000001');
insert into queue_members (tenant, queue_id, agent_id)
values ('default', '00000000-0000-7000-8000-000000000002', '51000000-0000-7000-8000-000000000001'),
    ('default', '10000000-0000-7000-8000-000000000001', '51000000-0000-7000-8000-000000000001');
insert into rulesets (tenant, id, kind, workstream_id, name, published)
values ('default', '52000000-0000-7000-8000-000000000001', 'route', '00000000-0000-7000-8000-000000000003', 'Routes', 1);
insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at)
values ('default', '52000000-0000-7000-8000-000000000001', 1, '[]', 'cli', now());
