package accounts

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/secret"
)

// botRow is a bot as it stands in the table.
type botRow struct {
	Tenant    conversation.Tenant `db:"tenant"`
	ID        conversation.BotID  `db:"id"`
	Kind      bot.Kind            `db:"kind"`
	Name      string              `db:"name"`
	URL       *string             `db:"url"`
	Secret    []byte              `db:"secret"`
	OldUntil  *time.Time          `db:"old_secret_until"`
	Version   int64               `db:"version"`
	CreatedAt time.Time           `db:"created_at"`
	UpdatedAt time.Time           `db:"updated_at"`
}

const botColumns = `
	tenant, id, kind, name, url, secret, version, created_at, updated_at,
	case when ` + BotOverlaps + ` then secret_replaced_at + ` + botOverlap + ` end as old_secret_until`

const (
	// botOverlap is how long a bot's replaced secret signs beside the new one, so that its author can change over.
	botOverlap = `interval '24 hours'`
	// BotOverlaps is a condition in SQL: the replaced secret still signs.
	BotOverlaps = `secret_replaced_at > now() - ` + botOverlap
)

func (r botRow) setup() bot.Setup {
	b := bot.Setup{
		Tenant: r.Tenant, ID: r.ID, Kind: r.Kind, Name: r.Name, Version: r.Version, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt,
	}
	if r.URL != nil {
		b.URL = *r.URL
	}
	if r.OldUntil != nil {
		b.OldSecretUntil = *r.OldUntil
	}
	return b
}

// CreateBot adds a bot of the actor's tenant under b.ID, a new one if that is "". A bot that has the id already was
// made by this very call before, and is answered as it is. The secret is a webhook's; every other kind has none.
func (db *DB) CreateBot(ctx context.Context, by access.Actor, b bot.Setup, key secret.Value) (bot.Setup, error) {
	b.Tenant = by.Tenant
	if b.ID == "" {
		b.ID = conversation.BotID(postgres.NewID())
	}
	row := botRow{Tenant: b.Tenant, ID: b.ID, Kind: b.Kind, Name: b.Name}
	if b.Kind == bot.KindWebhook {
		row.URL, row.Secret = &b.URL, db.sealBotSecret(b.Tenant, b.ID, PurposeBotSecret, key)
	}
	return postgres.Transact(ctx, db.pool, "create bot "+string(b.ID), func(tx *postgres.Tx) (bot.Setup, error) {
		const insert = `
			insert into bots (tenant, id, kind, name, url, secret) values (:tenant, :id, :kind, :name, :url, :secret)
			on conflict (tenant, id) do nothing`
		inserted, err := postgres.Affected(tx.NamedExecContext(ctx, insert, row))
		if err != nil {
			return bot.Setup{}, err
		}
		if inserted > 0 {
			if err := audit.Record(ctx, tx, by, audit.BotCreate, string(b.ID)); err != nil {
				return bot.Setup{}, err
			}
		}
		return readBot(ctx, tx, b.Tenant, b.ID)
	})
}

// Bot reads a bot. It returns ErrNotFound when it is unknown or deleted.
func (db *DB) Bot(ctx context.Context, t conversation.Tenant, id conversation.BotID) (bot.Setup, error) {
	b, err := readBot(ctx, db.pool, t, id)
	return b, postgres.Explain(ctx, "read bot", err)
}

// ListBots pages by creation, oldest first; after is the last id of the page before, "" for the first page.
func (db *DB) ListBots(ctx context.Context, t conversation.Tenant, after conversation.BotID, limit int) ([]bot.Setup, error) {
	const query = `
		select ` + botColumns + ` from bots
		where tenant = $1 and deleted_at is null
			and ($2 = '' or (created_at, id) > (select created_at, id from bots where tenant = $1 and id = nullif($2, '')::uuid))
		order by created_at, id limit $3`
	var rows []botRow
	if err := db.pool.SelectContext(ctx, &rows, query, t, after, limit); err != nil {
		return nil, postgres.Explain(ctx, "list bots", err)
	}
	bots := make([]bot.Setup, len(rows))
	for i, row := range rows {
		bots[i] = row.setup()
	}
	return bots, nil
}

// UpdateBot gives the actor's bot another name, and a webhook another URL and, where key is not empty, another secret,
// if its version is still b.Version (ErrVersion otherwise). The replaced secret signs too for botOverlap; one that was
// replaced before it does not any more. What is equal stays: an update that changes nothing keeps the version. A bot
// that stands one version further exactly as wished was brought there by this very call before. Its kind stays for
// life. It returns ErrNotFound when there is no such bot.
func (db *DB) UpdateBot(ctx context.Context, by access.Actor, b bot.Setup, key secret.Value) (bot.Setup, error) {
	return postgres.Transact(ctx, db.pool, "update bot", func(tx *postgres.Tx) (bot.Setup, error) {
		old, err := lockBot(ctx, tx, by.Tenant, b.ID)
		if err != nil {
			return bot.Setup{}, err
		}
		fields := db.changedBot(old, b, key)
		switch {
		case old.Version == b.Version+1 && len(fields) == 0:
			return old.setup(), nil
		case old.Version != b.Version:
			return bot.Setup{}, conversation.ErrVersion
		case len(fields) == 0:
			return old.setup(), nil
		}
		old.Name = b.Name
		if old.Kind == bot.KindWebhook {
			old.URL = &b.URL
		}
		if slices.Contains(fields, PurposeBotSecret) {
			if err := db.replaceBotSecret(ctx, tx, old, key); err != nil {
				return bot.Setup{}, err
			}
		}
		const update = `
			update bots set name = :name, url = :url, version = version + 1, updated_at = now()
			where tenant = :tenant and id = :id`
		if _, err := tx.NamedExecContext(ctx, update, old); err != nil {
			return bot.Setup{}, err
		}
		if err := audit.Record(ctx, tx, by, audit.BotUpdate, string(old.ID), fields...); err != nil {
			return bot.Setup{}, err
		}
		return readBot(ctx, tx, old.Tenant, old.ID)
	})
}

// changedBot names, as columns, what an update changes.
func (db *DB) changedBot(old botRow, b bot.Setup, key secret.Value) (fields []string) {
	if old.Name != b.Name {
		fields = append(fields, "name")
	}
	if old.Kind != bot.KindWebhook {
		return fields
	}
	if old.setup().URL != b.URL {
		fields = append(fields, "url")
	}
	if !key.Empty() && db.UsableBotSecret(old.Tenant, old.ID, PurposeBotSecret, old.Secret).Reveal() != key.Reveal() {
		fields = append(fields, PurposeBotSecret)
	}
	return fields
}

// DeleteBot deletes a bot, and its secrets with it. Deleting it again changes nothing. It returns ErrInUse while an
// account is set up with it, ErrNotFound when there never was one.
func (db *DB) DeleteBot(ctx context.Context, by access.Actor, id conversation.BotID) error {
	return db.pool.InTx(ctx, "delete bot", func(tx *postgres.Tx) error {
		const query = `select deleted_at is not null from bots where tenant = $1 and id = $2 for update`
		var deleted bool
		if err := tx.GetContext(ctx, &deleted, query, by.Tenant, id); err != nil || deleted {
			return err
		}
		const usedByAccount = `select exists (select from accounts where tenant = $1 and bot_id = $2 and deleted_at is null)`
		var used bool
		if err := tx.GetContext(ctx, &used, usedByAccount, by.Tenant, id); err != nil {
			return err
		}
		if used {
			return conversation.ErrInUse
		}
		const update = `
			update bots set deleted_at = now(), secret = null, old_secret = null, secret_replaced_at = null,
				version = version + 1, updated_at = now()
			where tenant = $1 and id = $2`
		if _, err := tx.ExecContext(ctx, update, by.Tenant, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, by, audit.BotDelete, string(id))
	})
}

func readBot(ctx context.Context, q sqlx.QueryerContext, t conversation.Tenant, id conversation.BotID) (bot.Setup, error) {
	const query = `select ` + botColumns + ` from bots where tenant = $1 and id = $2 and deleted_at is null`
	var row botRow
	err := sqlx.GetContext(ctx, q, &row, query, t, id)
	return row.setup(), err
}

func lockBot(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, id conversation.BotID) (row botRow, err error) {
	const query = `select ` + botColumns + ` from bots where tenant = $1 and id = $2 and deleted_at is null for no key update`
	err = tx.GetContext(ctx, &row, query, t, id)
	return row, err
}

// chooseBot finds the bot that an account is to have, nil for none, and keeps it from being deleted before the account
// has it.
func chooseBot(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, wanted conversation.BotID) (*conversation.BotID, error) {
	const holdNamed = `select id from bots where tenant = $1 and id = $2 and deleted_at is null for key share`
	const holdOldest = `
		select id from bots where tenant = $1 and kind = 'faq' and deleted_at is null
		order by created_at, id limit 1 for key share`
	var id conversation.BotID
	var err error
	switch wanted {
	case "":
		return nil, nil
	case account.DefaultBot:
		err = tx.GetContext(ctx, &id, holdOldest, t)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
	default:
		err = tx.GetContext(ctx, &id, holdNamed, t, wanted)
		if errors.Is(err, sql.ErrNoRows) {
			err = account.ErrNoBot
		}
	}
	return &id, err
}

// replaceBotSecret gives a bot another secret and keeps the old one, unless it cannot be opened any more.
func (db *DB) replaceBotSecret(ctx context.Context, tx *postgres.Tx, bot botRow, key secret.Value) error {
	var replaced []byte
	if old := db.UsableBotSecret(bot.Tenant, bot.ID, PurposeBotSecret, bot.Secret); !old.Empty() {
		replaced = db.sealBotSecret(bot.Tenant, bot.ID, PurposeOldBotSecret, old)
	}
	const update = `
		update bots set secret = $3, old_secret = $4, secret_replaced_at = case when $4::bytea is not null then now() end
		where tenant = $1 and id = $2`
	_, err := tx.ExecContext(ctx, update, bot.Tenant, bot.ID, db.sealBotSecret(bot.Tenant, bot.ID, PurposeBotSecret, key), replaced)
	return err
}

// Purposes of a webhook's secrets, named as their columns.
const (
	PurposeBotSecret    = "secret"
	PurposeOldBotSecret = "old_secret"
)

func (db *DB) sealBotSecret(t conversation.Tenant, bot conversation.BotID, purpose string, key secret.Value) []byte {
	return db.ring.Seal(sealing.LabelBotSecret, sealing.Place("bots", t, string(bot), purpose), []byte(key.Reveal()))
}

// UsableBotSecret is empty where there is none or it cannot be opened: such a bot fails, and people take over.
func (db *DB) UsableBotSecret(t conversation.Tenant, bot conversation.BotID, purpose string, sealed []byte) secret.Value {
	if len(sealed) == 0 {
		return secret.Value{}
	}
	plain, err := db.ring.Open(sealing.LabelBotSecret, sealing.Place("bots", t, string(bot), purpose), sealed)
	if err != nil {
		return secret.Value{}
	}
	return secret.New(string(plain))
}
