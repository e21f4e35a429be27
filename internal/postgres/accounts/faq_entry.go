package accounts

import (
	"context"
	"database/sql"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/access"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
)

// faqEntryRow is an entry as people see it.
type faqEntryRow struct {
	faqRow
	Version   int64     `db:"version"`
	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
}

const faqEntryColumns = `tenant, id, account_id, language, phrase, answer, version, created_at, updated_at`

func (r faqEntryRow) entry() bot.KeptFAQEntry {
	e := bot.KeptFAQEntry{
		FAQEntry: bot.FAQEntry{Language: r.Language, Phrase: r.Phrase, Answer: r.Answer},
		Tenant:   r.Tenant, ID: bot.FAQEntryID(r.ID), Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.Account != nil {
		e.AccountID = *r.Account
	}
	return e
}

// CreateFAQEntry adds an entry of the actor's tenant and gives it its id. It returns ErrExists when the account has an
// entry with this language and phrase, ErrNotFound when there is no such account.
func (db *DB) CreateFAQEntry(ctx context.Context, by access.Actor, e bot.KeptFAQEntry) (bot.KeptFAQEntry, error) {
	e.ID = bot.FAQEntryID(postgres.NewID())
	row := faqRow{Tenant: by.Tenant, ID: string(e.ID), Language: e.Language, Phrase: e.Phrase, Answer: e.Answer}
	if e.AccountID != "" {
		row.Account = &e.AccountID
	}
	return postgres.Transact(ctx, db.pool, "create FAQ entry "+row.ID, func(tx *postgres.Tx) (bot.KeptFAQEntry, error) {
		if e.AccountID != "" {
			if _, err := readAccount(ctx, tx, by.Tenant, e.AccountID); err != nil {
				return bot.KeptFAQEntry{}, err
			}
		}
		const insert = `
			insert into faq_entries (tenant, id, account_id, language, phrase, answer)
			values (:tenant, :id, :account_id, :language, :phrase, :answer)
			on conflict (tenant, id) do nothing`
		inserted, err := postgres.Affected(tx.NamedExecContext(ctx, insert, row))
		if err != nil {
			return bot.KeptFAQEntry{}, err
		}
		if inserted > 0 {
			if err := audit.Record(ctx, tx, by, audit.FAQCreate, row.ID); err != nil {
				return bot.KeptFAQEntry{}, err
			}
		}
		kept, err := readFAQEntry(ctx, tx, by.Tenant, e.ID)
		return kept.entry(), err
	})
}

// FAQEntry reads an FAQ entry. It returns ErrNotFound when there is none.
func (db *DB) FAQEntry(ctx context.Context, t conversation.Tenant, id bot.FAQEntryID) (bot.KeptFAQEntry, error) {
	row, err := readFAQEntry(ctx, db.pool, t, id)
	return row.entry(), postgres.Explain(ctx, "read FAQ entry", err)
}

// ListFAQEntries pages by id, which is oldest first; after is the last id of the page before, "" for the first page. That
// one may be gone meanwhile.
func (db *DB) ListFAQEntries(ctx context.Context, t conversation.Tenant, f bot.FAQFilter, after bot.FAQEntryID, limit int) ([]bot.KeptFAQEntry, error) {
	const query = `
		select ` + faqEntryColumns + ` from faq_entries
		where tenant = $1 and ($2 = '' or account_id = nullif($2, '')::uuid) and ($3 = '' or language = $3)
			and ($4 = '' or id > nullif($4, '')::uuid)
		order by id limit $5`
	var rows []faqEntryRow
	if err := db.pool.SelectContext(ctx, &rows, query, t, f.AccountID, f.Language, after, limit); err != nil {
		return nil, postgres.Explain(ctx, "list FAQ entries", err)
	}
	entries := make([]bot.KeptFAQEntry, len(rows))
	for i, row := range rows {
		entries[i] = row.entry()
	}
	return entries, nil
}

// UpdateFAQEntry replaces language, phrase and answer of the actor's entry if its version is still e.Version (ErrVersion
// otherwise). An entry that stands one version further exactly as wished was brought there by this very call before. It
// returns ErrExists when the account has another entry with this language and phrase, ErrNotFound when there is none.
func (db *DB) UpdateFAQEntry(ctx context.Context, by access.Actor, e bot.KeptFAQEntry) (bot.KeptFAQEntry, error) {
	return postgres.Transact(ctx, db.pool, "update FAQ entry", func(tx *postgres.Tx) (bot.KeptFAQEntry, error) {
		const query = `select ` + faqEntryColumns + ` from faq_entries where tenant = $1 and id = $2 for no key update`
		var old faqEntryRow
		if err := tx.GetContext(ctx, &old, query, by.Tenant, e.ID); err != nil {
			return bot.KeptFAQEntry{}, err
		}
		fields := changedFAQEntry(old.entry(), e)
		switch {
		case old.Version == e.Version+1 && len(fields) == 0:
			return old.entry(), nil
		case old.Version != e.Version:
			return bot.KeptFAQEntry{}, conversation.ErrVersion
		case len(fields) == 0:
			return old.entry(), nil
		}
		const update = `
			update faq_entries set language = $3, phrase = $4, answer = $5, version = version + 1, updated_at = now()
			where tenant = $1 and id = $2`
		if _, err := tx.ExecContext(ctx, update, by.Tenant, e.ID, e.Language, e.Phrase, e.Answer); err != nil {
			return bot.KeptFAQEntry{}, err
		}
		if err := audit.Record(ctx, tx, by, audit.FAQUpdate, old.ID, fields...); err != nil {
			return bot.KeptFAQEntry{}, err
		}
		kept, err := readFAQEntry(ctx, tx, by.Tenant, e.ID)
		return kept.entry(), err
	})
}

func changedFAQEntry(old, e bot.KeptFAQEntry) (fields []string) {
	for _, field := range []struct {
		name    string
		changed bool
	}{
		{"language", old.Language != e.Language},
		{"phrase", old.Phrase != e.Phrase},
		{"answer", old.Answer != e.Answer},
	} {
		if field.changed {
			fields = append(fields, field.name)
		}
	}
	return fields
}

// DeleteFAQEntry deletes an entry. Deleting it again changes nothing. It returns ErrNotFound when there never was one.
func (db *DB) DeleteFAQEntry(ctx context.Context, by access.Actor, id bot.FAQEntryID) error {
	return db.pool.InTx(ctx, "delete FAQ entry", func(tx *postgres.Tx) error {
		const deleteEntry = `delete from faq_entries where tenant = $1 and id = $2`
		removed, err := postgres.Affected(tx.ExecContext(ctx, deleteEntry, by.Tenant, id))
		if err != nil {
			return err
		}
		if removed > 0 {
			return audit.Record(ctx, tx, by, audit.FAQDelete, string(id))
		}
		const query = `select exists (select from audit where tenant = $1 and action = $2 and subject = $3)`
		var before bool
		if err := tx.GetContext(ctx, &before, query, by.Tenant, audit.FAQDelete, id); err != nil {
			return err
		}
		if !before {
			return sql.ErrNoRows
		}
		return nil
	})
}

func readFAQEntry(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id bot.FAQEntryID) (row faqEntryRow, err error) {
	const query = `select ` + faqEntryColumns + ` from faq_entries where tenant = $1 and id = $2`
	err = sqlx.GetContext(ctx, q, &row, query, t, id)
	return row, err
}
