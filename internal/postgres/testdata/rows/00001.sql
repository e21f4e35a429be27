-- Rows as the program of that day wrote them: an account, a customer who came back, one closed and one open conversation.
insert into queues (tenant, id, name) values ('default', '10000000-0000-7000-8000-000000000001', 'Returns');
insert into accounts (tenant, id, name, original_id, app_id, mode, kind, reply_mode, verified, language, idle_close_ms, bot_id, id_key, app_secret)
values ('default', '11000000-0000-7000-8000-000000000001', 'Tea shop', 'gh_0123456789ab', 'wx0123456789abcdef', 'safe', 'service', 'active',
    true, 'zh-CN', 172800000, '00000000-0000-7000-8000-000000000001', 'sealed', 'sealed');
insert into account_secrets (tenant, account_id, id, purpose, sealed, replaced_at)
values ('default', '11000000-0000-7000-8000-000000000001', '12000000-0000-7000-8000-000000000001', 'token', 'sealed', null),
    ('default', '11000000-0000-7000-8000-000000000001', '12000000-0000-7000-8000-000000000002', 'aes_key', 'sealed', null),
    ('default', '11000000-0000-7000-8000-000000000001', '12000000-0000-7000-8000-000000000003', 'aes_key', 'sealed', now());
insert into access_tokens (tenant, account_id, sealed, expires_at)
values ('default', '11000000-0000-7000-8000-000000000001', 'sealed', now() + interval '2 hours');
insert into faq_entries (tenant, id, account_id, language, phrase, answer)
values ('default', '13000000-0000-7000-8000-000000000001', null, 'zh-CN', 'opening', 'Nine to five.'),
    ('default', '13000000-0000-7000-8000-000000000002', '11000000-0000-7000-8000-000000000001', 'en', 'opening', 'Ten to six.');
insert into customers (tenant, id, account_id, customer_key, data_key, openid)
values ('default', '14000000-0000-7000-8000-000000000001', '11000000-0000-7000-8000-000000000001', 'key', 'sealed', 'sealed');
insert into conversations (tenant, id, account_id, customer_id, workflow_id, state, holder, queue_id, last_seq, close_reason, closed_at)
values ('default', '15000000-0000-7000-8000-000000000001', '11000000-0000-7000-8000-000000000001', '14000000-0000-7000-8000-000000000001',
        'conversation/a/key', 'closed', 'bot', null, 2, 'idle', now()),
    ('default', '15000000-0000-7000-8000-000000000002', '11000000-0000-7000-8000-000000000001', '14000000-0000-7000-8000-000000000001',
        'conversation/a/key', 'open', 'queue', '10000000-0000-7000-8000-000000000001', 1, null, null);
insert into messages (tenant, id, conversation_id, seq, author, kind, body, turn_id, turn_part)
values ('default', '16000000-0000-7000-8000-000000000001', '15000000-0000-7000-8000-000000000001', 1, 'customer', 'text', 'sealed', null, null),
    ('default', '16000000-0000-7000-8000-000000000002', '15000000-0000-7000-8000-000000000001', 2, 'bot', 'text', 'sealed', '16000000-0000-7000-8000-000000000001', 0),
    ('default', '16000000-0000-7000-8000-000000000003', '15000000-0000-7000-8000-000000000002', 1, 'customer', 'text', 'sealed', null, null);
insert into turns (tenant, conversation_id, turn_id, epoch, command, reason)
values ('default', '15000000-0000-7000-8000-000000000001', '16000000-0000-7000-8000-000000000001', 1, '', ''),
    ('default', '15000000-0000-7000-8000-000000000002', '16000000-0000-7000-8000-000000000003', 1, 'escalate', 'sealed');
insert into receipts (tenant, account_id, message_key, conversation_id, delivery_id, fingerprint, message_id, outcome, received_at)
values ('default', '11000000-0000-7000-8000-000000000001', 'one', '15000000-0000-7000-8000-000000000001', '17000000-0000-7000-8000-000000000001', 'f', '16000000-0000-7000-8000-000000000001', 'new', now()),
    ('default', '11000000-0000-7000-8000-000000000001', 'two', null, '17000000-0000-7000-8000-000000000002', null, null, 'quarantined', now());
insert into deliveries (tenant, message_id, conversation_id, seq, epoch, status)
values ('default', '16000000-0000-7000-8000-000000000002', '15000000-0000-7000-8000-000000000001', 2, 1, 'sent');
insert into events (tenant, id, account_id, message_key, kind, customer_key, body, received_at)
values ('default', '18000000-0000-7000-8000-000000000001', '11000000-0000-7000-8000-000000000001', 'three', 'view', 'key', 'sealed', now());
insert into quarantine (tenant, delivery_id, account_id, message_key, reason, raw, received_at)
values ('default', '17000000-0000-7000-8000-000000000002', '11000000-0000-7000-8000-000000000001', 'two', 'not-xml', 'sealed', now());
insert into api_tokens (tenant, id, name, role, hash) values ('default', '19000000-0000-7000-8000-000000000001', 'me', 'admin', 'hash');
insert into commands (tenant, id, token_id, method, path, key, body_hash, status, answer, finished_at)
values ('default', '19100000-0000-7000-8000-000000000001', '19000000-0000-7000-8000-000000000001', 'POST', '/v1/conversations/x/close', 'k', 'hash', 200, 'sealed', now());
insert into audit (tenant, actor, action, subject) values ('default', 'cli', 'account.create', '11000000-0000-7000-8000-000000000001');
insert into workers (id, version) values ('19200000-0000-7000-8000-000000000001', 'devel');
