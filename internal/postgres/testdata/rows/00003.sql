insert into callback_notices (tenant, account_id, notice, version)
values ('default', '11000000-0000-7000-8000-000000000001', 'token-replaced', 1);
