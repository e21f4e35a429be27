-- A customer who came back: one closed conversation, and one that an agent has after a bot gave it up.
insert into customers (tenant, id, account_id, customer_key, data_key, openid, tap_by)
values ('default', '14000000-0000-7000-8000-000000000001', '11000000-0000-7000-8000-000000000001', 'key', 'sealed', 'sealed', 'CLICK');
insert into conversations (tenant, id, account_id, customer_id, workflow_id, workstream_id, state, holder, queue_id, agent_id, escalated,
    revision, last_seq, unanswered_since, answered_at, close_reason, closed_at)
values ('default', '15000000-0000-7000-8000-000000000001', '11000000-0000-7000-8000-000000000001', '14000000-0000-7000-8000-000000000001',
        'conversation/a/key', null, 'closed', 'bot', null, null, false, 1, 2, null, now(), 'idle', now()),
    ('default', '15000000-0000-7000-8000-000000000002', '11000000-0000-7000-8000-000000000001', '14000000-0000-7000-8000-000000000001',
        'conversation/a/key', '00000000-0000-7000-8000-000000000003', 'active', 'agent', '10000000-0000-7000-8000-000000000001',
        '51000000-0000-7000-8000-000000000001', true, 3, 3, now(), null, null, null);
insert into messages (tenant, id, conversation_id, seq, author, kind, body, turn_id, turn_part)
values ('default', '16000000-0000-7000-8000-000000000001', '15000000-0000-7000-8000-000000000001', 1, 'customer', 'text', 'sealed', null, null),
    ('default', '16000000-0000-7000-8000-000000000002', '15000000-0000-7000-8000-000000000001', 2, 'bot', 'text', 'sealed', '16000000-0000-7000-8000-000000000001', 0),
    ('default', '16000000-0000-7000-8000-000000000003', '15000000-0000-7000-8000-000000000002', 1, 'customer', 'text', 'sealed', null, null);
insert into turns (tenant, conversation_id, turn_id, epoch, command, reason, summary)
values ('default', '15000000-0000-7000-8000-000000000001', '16000000-0000-7000-8000-000000000001', 1, '', '', null),
    ('default', '15000000-0000-7000-8000-000000000002', '16000000-0000-7000-8000-000000000003', 1, 'escalate', 'sealed', 'sealed');
insert into deliveries (tenant, message_id, conversation_id, seq, epoch, status)
values ('default', '16000000-0000-7000-8000-000000000002', '15000000-0000-7000-8000-000000000001', 2, 1, 'sent');
insert into notes (tenant, id, conversation_id, author, seq, body)
values ('default', '53000000-0000-7000-8000-000000000001', '15000000-0000-7000-8000-000000000002', '51000000-0000-7000-8000-000000000001', 2, 'sealed');
insert into steps (tenant, conversation_id, seq, what, author, author_id, queue_id, agent_id, reason, until, at)
values ('default', '15000000-0000-7000-8000-000000000002', 3, 'accepted', 'agent', '51000000-0000-7000-8000-000000000001', null, null, '', null, now());
insert into read_marks (tenant, conversation_id, reader, seq)
values ('default', '15000000-0000-7000-8000-000000000002', '51000000-0000-7000-8000-000000000001', 3);
insert into commands (tenant, id, actor_id, method, path, key, conversation_id, request, acted)
values ('default', '19100000-0000-7000-8000-000000000001', '19000000-0000-7000-8000-000000000001', 'POST', '/v1/conversations/x/notes', 'k',
    '15000000-0000-7000-8000-000000000002', 'hash', 'sealed');
insert into outbox (tenant, conversation_id, workflow_id, act, assignment)
values ('default', '15000000-0000-7000-8000-000000000002', 'conversation/a/key', 'note', false);
insert into workers (id, version) values ('19200000-0000-7000-8000-000000000001', 'devel');
