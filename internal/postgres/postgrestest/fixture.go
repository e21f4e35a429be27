package postgrestest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/devstack"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// CLI is the command line, as the audit names it.
var CLI = access.Actor{Tenant: Tenant, Name: "cli"}

// Everything is what supervisors and admins see.
var Everything = access.Viewer{Tenant: Tenant}

// Fixture is a migrated database of its own with one account.
type Fixture struct {
	*Ledger
	DSN        string
	Keys       string // the master keys, as the setting has them
	Ring       *secret.Keyring
	Raw        *sqlx.DB // past the adapter, to look and to tamper
	TheAccount account.Account
}

// NewFixture makes a database of the test's own, with one account.
func NewFixture(t testing.TB) *Fixture {
	t.Helper()
	f := NewEmptyFixture(t)
	var err error
	f.TheAccount, err = f.CreateAccount(t.Context(), CLI, SomeAccount(), SomeSecrets())
	require.NoError(t, err)
	return f
}

// NewEmptyFixture has no account.
func NewEmptyFixture(t testing.TB) *Fixture {
	t.Helper()
	dsn := devstack.TestDatabase(t, "migrated", func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	})
	keys := secret.NewMasterKey("test")
	ring, err := secret.ParseKeyring(keys)
	require.NoError(t, err)
	raw, err := sqlx.Open("postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, raw.Close()) })
	return &Fixture{Ledger: Open(t, dsn, ring), DSN: dsn, Keys: keys.Reveal(), Ring: ring, Raw: raw}
}

// Open opens the ledger for a test, which closes it at its end.
func Open(t testing.TB, dsn string, ring *secret.Keyring, opts ...Option) *Ledger {
	t.Helper()
	db, err := OpenLedger(t.Context(), dsn, ring, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// OpenWith opens with so many connections at most.
func OpenWith(t testing.TB, most int, dsn string, ring *secret.Keyring, opts ...Option) *Ledger {
	t.Helper()
	db := Open(t, dsn, ring, opts...)
	db.DB.SetMaxOpenConns(most)
	return db
}

// SomeAccount is an account that can be created.
func SomeAccount() account.Account {
	return account.Account{
		Tenant: Tenant, Name: "Tea shop", OriginalID: "gh_0123456789ab", AppID: "wx0123456789abcdef", Mode: wechat.ModeSafe,
		Kind: account.KindService, ReplyMode: account.ReplyActive, Verified: true,
		Language: conversation.LanguageEnglish, TimeZone: account.DefaultTimeZone, IdleClose: account.DefaultIdleClose,
		BotID: account.DefaultBot,
	}
}

// SomeSecrets are the secrets of SomeAccount.
func SomeSecrets() account.Secrets {
	return account.Secrets{
		AppSecret: secret.New(AppSecret), Token: secret.New(Token), EncodingAESKey: secret.New(AesKey),
	}
}

// Batch is what a customer wrote, in a conversation.
func (f *Fixture) Batch(c conversation.ID, customer string, arrivals ...callback.Arrival) callback.Batch {
	for i := range arrivals {
		arrivals[i].OpenID = OpenID(customer)
	}
	return callback.Batch{
		Ref: conversation.Ref{Tenant: Tenant, Conversation: c}, AccountID: f.TheAccount.ID,
		CustomerKey: conversation.CustomerKey("key of " + customer), WorkflowID: "conversation/" + customer, Arrivals: arrivals,
	}
}

// OpenID is a customer's openid.
func OpenID(customer string) string { return Canary + "-openid-" + customer }

// Ended checks that a conversation could be ended.
func Ended(t require.TestingT) func(conversation.Situation, error) {
	return func(_ conversation.Situation, err error) { require.NoError(t, err) }
}

// NewConversation is the id of a conversation that there is not yet.
func NewConversation() conversation.ID { return conversation.ID(uuid.NewString()) }

// Says is a text that a customer writes; key is the message key.
func Says(key, text string) callback.Arrival {
	return callback.Arrival{
		DeliveryID: uuid.NewString(), MessageKey: key, Fingerprint: "print of " + text, Kind: "text", Text: Canary + " " + text,
		Fields: []byte(`{"MsgId":"1"}`), Trigger: conversation.TriggerMessage,
		SaidAt: time.Unix(1_700_000_000, 0), ReceivedAt: time.Unix(1_700_000_001, 0),
	}
}

// MustReceive receives a batch.
func (f *Fixture) MustReceive(t testing.TB, b callback.Batch) callback.Result {
	t.Helper()
	got, err := f.Receive(t.Context(), b)
	require.NoError(t, err)
	return got
}

// Count counts a table's rows that meet a condition.
func (f *Fixture) Count(t testing.TB, table, where string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, f.Raw.Get(&n, "select count(*) from "+table+" where "+where, args...))
	return n
}

// Exec runs a statement past the adapter.
func (f *Fixture) Exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	_, err := f.Raw.Exec(statement, args...)
	require.NoError(t, err)
}

// WishedEnd is why a conversation is wished to end; "" where nobody wishes it.
func (f *Fixture) WishedEnd(t testing.TB, c conversation.Ref) (why conversation.CloseReason) {
	t.Helper()
	require.NoError(t, f.Raw.Get(&why, `select coalesce(ending, '') from conversations where id = $1`, c.Conversation))
	return why
}

// Queued are the messages of a conversation that wait to be sent, in order.
func (f *Fixture) Queued(t testing.TB, c conversation.Ref) (ids []conversation.MessageID) {
	t.Helper()
	require.NoError(t, f.Raw.Select(&ids, `select message_id from deliveries where conversation_id = $1 and status = 'queued' order by seq`, c.Conversation))
	return ids
}

// MustRequestHandOver has the bot give up at the oldest message that waits for it.
func (f *Fixture) MustRequestHandOver(t testing.TB, c conversation.Ref) conversation.Situation {
	t.Helper()
	s, err := f.RequestHandOver(t.Context(), c, conversation.EscalatedByBot)
	require.NoError(t, err)
	return s
}

// MustHandOver hands a conversation over whose hand-over is wished.
func (f *Fixture) MustHandOver(t testing.TB, c conversation.Ref, d routing.Decision) conversation.Situation {
	t.Helper()
	s, err := f.HandOver(t.Context(), c, d)
	require.NoError(t, err)
	return s
}

// BotAnswers has the bot answer the oldest message that waits for it.
func (f *Fixture) BotAnswers(t testing.TB, c conversation.Ref, a bot.Answer) conversation.Situation {
	t.Helper()
	turn, err := f.Turn(t.Context(), c)
	require.NoError(t, err)
	require.NotEmpty(t, turn.Question.TurnID, "no line waits for the bot")
	s, err := f.StoreAnswer(t.Context(), c, turn.Question.TurnID, turn.Epoch, a)
	require.NoError(t, err)
	return s
}

// Canaries: whatever is sealed holds one, so that a scan of the tables finds what was forgotten.
const (
	Canary    = "canary-7f3e"
	AesKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	Token     = "canary7f3etoken"
	AppSecret = "0123456789abcdef0123456789abcdef"
	Tenant    = conversation.DefaultTenant
)
