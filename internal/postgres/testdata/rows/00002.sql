-- An account with its secrets, webhooks of which one is deleted, tokens, and people who have signed in or try to.
insert into bots (tenant, id, kind, name, url, secret, old_secret, secret_replaced_at)
values ('default', '20000000-0000-7000-8000-000000000001', 'webhook', 'Ours', 'https://bot.example.com', 'sealed', 'sealed', now());
insert into bots (tenant, id, kind, name, url, deleted_at)
values ('default', '20000000-0000-7000-8000-000000000002', 'webhook', 'Old', 'https://old.example.com', now());
insert into accounts (tenant, id, name, original_id, app_id, mode, kind, reply_mode, verified, language, idle_close_ms, bot_id, workstream_id, id_key, app_secret)
values ('default', '11000000-0000-7000-8000-000000000001', 'Tea shop', 'gh_0123456789ab', 'wx0123456789abcdef', 'safe', 'service', 'active',
    true, 'zh-CN', 172800000, '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000003', 'sealed', 'sealed');
insert into account_secrets (tenant, account_id, id, purpose, sealed, replaced_at)
values ('default', '11000000-0000-7000-8000-000000000001', '12000000-0000-7000-8000-000000000001', 'token', 'sealed', null),
    ('default', '11000000-0000-7000-8000-000000000001', '12000000-0000-7000-8000-000000000002', 'aes_key', 'sealed', null),
    ('default', '11000000-0000-7000-8000-000000000001', '12000000-0000-7000-8000-000000000003', 'aes_key', 'sealed', now());
insert into access_tokens (tenant, account_id, sealed, expires_at)
values ('default', '11000000-0000-7000-8000-000000000001', 'sealed', now() + interval '2 hours');
insert into faq_entries (tenant, id, account_id, language, phrase, answer)
values ('default', '13000000-0000-7000-8000-000000000001', null, 'zh-CN', 'opening', 'Nine to five.'),
    ('default', '13000000-0000-7000-8000-000000000002', '11000000-0000-7000-8000-000000000001', 'en', 'opening', 'Ten to six.');
insert into api_tokens (tenant, id, name, role, agent_id, hash, expires_at)
values ('default', '19000000-0000-7000-8000-000000000001', 'me', 'admin', null, 'hash', now() + interval '90 days'),
    ('default', '19000000-0000-7000-8000-000000000002', 'Ann', 'agent', '51000000-0000-7000-8000-000000000001', 'other hash', now() + interval '90 days');
insert into users (tenant, id, name, name_key, role, agent_id, locale, password, last_sign_in_at)
values ('default', '59000000-0000-7000-8000-000000000001', 'Ann', 'ann', 'supervisor', '51000000-0000-7000-8000-000000000001', 'zh-CN', 'hash', now()),
    ('default', '59000000-0000-7000-8000-000000000002', '王芳', '王芳', 'admin', null, '', null, null);
insert into sessions (tenant, id, user_id, hash, by_link, network, browser, idle, until)
values ('default', '5a000000-0000-7000-8000-000000000001', '59000000-0000-7000-8000-000000000001', sha256('session'), false, '192.0.2.0/24', 'Firefox',
    '12 hours', now() + interval '1 day');
insert into sign_in_links (hash, tenant, user_id, here_only, until)
values (sha256('link'), 'default', '59000000-0000-7000-8000-000000000002', false, now() + interval '15 minutes');
insert into sign_in_tries (tenant, kind, key, tries) values ('default', 'network', '192.0.2.0/24', 3);
insert into codec_sessions (hash, ticket, who, until) values (sha256('session'), false, 'me', now() + interval '8 hours');
insert into audit (tenant, actor, action, subject) values ('default', 'cli', 'account.create', '11000000-0000-7000-8000-000000000001');
