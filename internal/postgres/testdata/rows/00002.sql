insert into bots (tenant, id, kind, name, url, secret)
values ('default', '20000000-0000-7000-8000-000000000001', 'webhook', 'Ours', 'https://bot.example.com', 'sealed');
insert into bots (tenant, id, kind, name, url, deleted_at)
values ('default', '20000000-0000-7000-8000-000000000002', 'webhook', 'Old', 'https://old.example.com', now());
update turns set summary = 'sealed' where command = 'escalate';
