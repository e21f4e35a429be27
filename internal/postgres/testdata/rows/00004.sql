update bots set old_secret = 'sealed', secret_replaced_at = now() where id = '20000000-0000-7000-8000-000000000001';
