package postgres_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"
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

func TestMain(m *testing.M) { os.Exit(devstack.Main(m)) }

// Canaries: whatever is sealed holds one, so that a scan of the tables finds what was forgotten.
const (
	canary    = "canary-7f3e"
	aesKey    = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	token     = "canary7f3etoken"
	appSecret = "0123456789abcdef0123456789abcdef"
	tenant    = conversation.DefaultTenant
)

var cli = access.Actor{Tenant: tenant, Name: "cli"}

// everything is what supervisors and admins see.
var everything = access.Viewer{Tenant: tenant}

// fixture is a migrated database of its own with one account.
type fixture struct {
	*postgres.DB
	dsn     string
	keys    string // the master keys, as the setting has them
	ring    *secret.Keyring
	raw     *sqlx.DB // past the adapter, to look and to tamper
	account account.Account
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := newEmptyFixture(t)
	var err error
	f.account, err = f.CreateAccount(t.Context(), cli, someAccount(), someSecrets())
	require.NoError(t, err)
	return f
}

// newEmptyFixture has no account.
func newEmptyFixture(t testing.TB) *fixture {
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
	return &fixture{DB: open(t, dsn, ring), dsn: dsn, keys: keys.Reveal(), ring: ring, raw: raw}
}

func open(t testing.TB, dsn string, ring *secret.Keyring, opts ...postgres.Option) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), dsn, ring, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// openWith opens with so many connections at most.
func openWith(t testing.TB, most int, dsn string, ring *secret.Keyring, opts ...postgres.Option) *postgres.DB {
	t.Helper()
	db := open(t, dsn, ring, opts...)
	db.SQL().SetMaxOpenConns(most)
	return db
}

func someAccount() account.Account {
	return account.Account{
		Tenant: tenant, Name: "Tea shop", OriginalID: "gh_0123456789ab", AppID: "wx0123456789abcdef", Mode: wechat.ModeSafe,
		Kind: account.KindService, ReplyMode: account.ReplyActive, Verified: true,
		Language: conversation.LanguageEnglish, TimeZone: account.DefaultTimeZone, IdleClose: account.DefaultIdleClose,
		BotID: account.DefaultBot,
	}
}

func someSecrets() account.Secrets {
	return account.Secrets{
		AppSecret: secret.New(appSecret), Token: secret.New(token), EncodingAESKey: secret.New(aesKey),
	}
}

// batch is what a customer wrote, in a conversation.
func (f *fixture) batch(c conversation.ID, customer string, arrivals ...callback.Arrival) callback.Batch {
	for i := range arrivals {
		arrivals[i].OpenID = openID(customer)
	}
	return callback.Batch{
		Ref: conversation.Ref{Tenant: tenant, Conversation: c}, AccountID: f.account.ID,
		CustomerKey: conversation.CustomerKey("key of " + customer), WorkflowID: "conversation/" + customer, Arrivals: arrivals,
	}
}

func openID(customer string) string { return canary + "-openid-" + customer }

// ended checks that a conversation could be ended.
func ended(t require.TestingT) func(conversation.Situation, error) {
	return func(_ conversation.Situation, err error) { require.NoError(t, err) }
}

func newConversation() conversation.ID { return conversation.ID(uuid.NewString()) }

// says is a text that a customer writes; key is the message key.
func says(key, text string) callback.Arrival {
	return callback.Arrival{
		DeliveryID: uuid.NewString(), MessageKey: key, Fingerprint: "print of " + text, Kind: "text", Text: canary + " " + text,
		Fields: []byte(`{"MsgId":"1"}`), Trigger: conversation.TriggerMessage,
		SaidAt: time.Unix(1_700_000_000, 0), ReceivedAt: time.Unix(1_700_000_001, 0),
	}
}

func (f *fixture) receive(t testing.TB, b callback.Batch) callback.Result {
	t.Helper()
	got, err := f.Receive(t.Context(), b)
	require.NoError(t, err)
	return got
}

// count counts a table's rows that meet a condition.
func (f *fixture) count(t testing.TB, table, where string, args ...any) (n int) {
	t.Helper()
	require.NoError(t, f.raw.Get(&n, "select count(*) from "+table+" where "+where, args...))
	return n
}

func (f *fixture) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	_, err := f.raw.Exec(statement, args...)
	require.NoError(t, err)
}

// wishedEnd is why a conversation is wished to end; "" where nobody wishes it.
func (f *fixture) wishedEnd(t testing.TB, c conversation.Ref) (why conversation.CloseReason) {
	t.Helper()
	require.NoError(t, f.raw.Get(&why, `select coalesce(ending, '') from conversations where id = $1`, c.Conversation))
	return why
}

// queued are the messages of a conversation that wait to be sent, in order.
func (f *fixture) queued(t testing.TB, c conversation.Ref) (ids []conversation.MessageID) {
	t.Helper()
	require.NoError(t, f.raw.Select(&ids, `select message_id from deliveries where conversation_id = $1 and status = 'queued' order by seq`, c.Conversation))
	return ids
}

// requestHandOver has the bot give up at the oldest line that waits for it.
func (f *fixture) requestHandOver(t testing.TB, c conversation.Ref) conversation.Situation {
	t.Helper()
	s, err := f.RequestHandOver(t.Context(), c, conversation.EscalatedByBot)
	require.NoError(t, err)
	return s
}

// handOver hands a conversation over whose hand-over is wished.
func (f *fixture) handOver(t testing.TB, c conversation.Ref, d routing.Decision) conversation.Situation {
	t.Helper()
	s, err := f.HandOver(t.Context(), c, d)
	require.NoError(t, err)
	return s
}

// botAnswers has the bot answer the oldest line that waits for it.
func (f *fixture) botAnswers(t testing.TB, c conversation.Ref, a bot.Answer) conversation.Situation {
	t.Helper()
	turn, err := f.Turn(t.Context(), c)
	require.NoError(t, err)
	require.NotEmpty(t, turn.Question.TurnID, "no line waits for the bot")
	s, err := f.StoreAnswer(t.Context(), c, turn.Question.TurnID, turn.Epoch, a)
	require.NoError(t, err)
	return s
}
