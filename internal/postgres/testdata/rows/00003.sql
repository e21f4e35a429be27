-- Callbacks: one taken in, one in quarantine, an event, and one that waits in the spool.
insert into receipts (tenant, account_id, message_key, conversation_id, delivery_id, fingerprint, message_id, outcome, received_at)
values ('default', '11000000-0000-7000-8000-000000000001', 'one', '15000000-0000-7000-8000-000000000001', '17000000-0000-7000-8000-000000000001', 'f', '16000000-0000-7000-8000-000000000001', 'new', now()),
    ('default', '11000000-0000-7000-8000-000000000001', 'two', null, '17000000-0000-7000-8000-000000000002', null, null, 'quarantined', now());
insert into events (tenant, id, account_id, message_key, kind, customer_key, body, received_at)
values ('default', '18000000-0000-7000-8000-000000000001', '11000000-0000-7000-8000-000000000001', 'three', 'view', 'key', 'sealed', now());
insert into quarantine (tenant, delivery_id, account_id, message_key, reason, raw, received_at)
values ('default', '17000000-0000-7000-8000-000000000002', '11000000-0000-7000-8000-000000000001', 'two', 'not-xml', 'sealed', now());
insert into spool (tenant, account_id, customer_key, delivery_id, message_key, fingerprint, ciphertext, received_at, stale, traceparent)
values ('default', '11000000-0000-7000-8000-000000000001', 'key', '17000000-0000-7000-8000-000000000003', 'four', 'f', 'sealed', now(), false, '');
insert into callback_records (tenant, account_id, kind, version)
values ('default', '11000000-0000-7000-8000-000000000001', 'token-replaced', 1);
