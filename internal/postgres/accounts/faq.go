package accounts

import (
	"context"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

type faqRow struct {
	Tenant   conversation.Tenant     `db:"tenant"`
	ID       string                  `db:"id"`
	Account  *conversation.AccountID `db:"account_id"`
	Language conversation.Language   `db:"language"`
	Phrase   string                  `db:"phrase"`
	Answer   string                  `db:"answer"`
}

// PutFAQEntries adds entries for one account, or for all of the tenant where account is "". An entry whose language and
// phrase are there already gets the new answer; of two such entries in one call the last counts. The others stay.
func (db *DB) PutFAQEntries(ctx context.Context, t conversation.Tenant, account conversation.AccountID, entries []bot.FAQEntry) error {
	if len(entries) == 0 {
		return nil
	}
	return db.pool.InTx(ctx, "put FAQ entries", func(tx *postgres.Tx) error {
		const insert = `
			insert into faq_entries (tenant, id, account_id, language, phrase, answer)
			values (:tenant, :id, :account_id, :language, :phrase, :answer)
			on conflict (tenant, account_id, language, phrase) do update
				set answer = excluded.answer, version = faq_entries.version + 1, updated_at = now()
				where faq_entries.answer <> excluded.answer`
		for _, e := range entries {
			row := faqRow{Tenant: t, ID: postgres.NewID(), Language: e.Language, Phrase: e.Phrase, Answer: e.Answer}
			if account != "" {
				row.Account = &account
			}
			if _, err := tx.NamedExecContext(ctx, insert, row); err != nil {
				return err
			}
		}
		return nil
	})
}

// FAQEntries are what the built-in bot knows for an account: its own entries and the tenant's, of which the account's
// own hides one with the same language and phrase.
func (db *DB) FAQEntries(ctx context.Context, t conversation.Tenant, account conversation.AccountID) ([]bot.FAQEntry, error) {
	const query = `
		select distinct on (language, phrase) language, phrase, answer from faq_entries
		where tenant = $1 and (account_id = $2 or account_id is null)
		order by language, phrase, account_id nulls last`
	var entries []bot.FAQEntry
	err := db.pool.SelectContext(ctx, &entries, query, t, account)
	return entries, postgres.Explain(ctx, "read the FAQ entries of account "+string(account), err)
}
