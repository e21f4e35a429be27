package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// step is one call of a method that writes.
type step struct {
	name  string
	call  func(ctx context.Context, db *postgres.DB) error
	once  bool // a second call is meant to have a second effect
	alone bool // one statement, without a COMMIT whose answer could get lost
}

// story calls every method that writes, in an order that makes sense. Told in whatever way, it ends the same.
func story() []step {
	var (
		created   = someAccount()
		other     = someAccount()
		ref       = conversation.Ref{Tenant: tenant, Conversation: newConversation()}
		f         = fixture{}
		messages  callback.Result
		turn      conversation.MessageID
		second    conversation.MessageID
		marked    conversation.MessageID
		principal access.Principal
		attempt   = uuid.NewString()
		retried   = uuid.NewString()
		delayed   = uuid.NewString()
		noticed   = uuid.NewString()
		told      = uuid.NewString()
		entry     bot.KeptFAQEntry
		lunch     routing.CustomPresence
		webhook   = bot.Setup{
			ID: conversation.BotID(uuid.NewString()), Kind: bot.KindWebhook, Name: "Mine", URL: "https://bot.example/",
		}
		broken   = says("k2", "?")
		swapped  = says("k1", "something else")
		unfollow = says("k3", "")
	)
	created.ID, other.ID = conversation.AccountID(uuid.NewString()), conversation.AccountID(uuid.NewString())
	other.AppID = "wxfedcba9876543210"
	f.account = created
	broken.Quarantine, broken.Fingerprint, broken.Ciphertext = "undecipherable", "", canary
	unfollow.Kind, unfollow.IsEvent, unfollow.Follow, unfollow.Trigger = "unsubscribe", true, callback.Unfollowed, conversation.TriggerNone
	first := f.batch(ref.Conversation, "li", says("k1", "hello"), broken, swapped, says("k4", "a person, please"))
	last := f.batch(ref.Conversation, "li", unfollow)
	another := f.batch(newConversation(), "wang", says("k5", "hello"))

	return []step{
		{name: "create account", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.CreateAccount(ctx, cli, created, someSecrets())
			return err
		}},
		{name: "update account", call: func(ctx context.Context, db *postgres.DB) error {
			changed := created
			changed.Version, changed.Name = 1, "Tea house"
			_, err := db.UpdateAccount(ctx, cli, changed, account.Secrets{Token: secret.New("another")})
			return err
		}},
		{name: "create another account", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.CreateAccount(ctx, cli, other, someSecrets())
			return err
		}},
		{name: "delete account", call: func(ctx context.Context, db *postgres.DB) error {
			return db.DeleteAccount(ctx, cli, other.ID)
		}},
		{name: "create token", once: true, call: func(ctx context.Context, db *postgres.DB) (err error) {
			_, principal, err = db.CreateToken(ctx, cli, "desk", access.RoleAdmin, "", time.Hour)
			return err
		}},
		{name: "put FAQ entries", call: func(ctx context.Context, db *postgres.DB) error {
			return db.PutFAQEntries(ctx, tenant, created.ID, []bot.FAQEntry{{Language: "en", Phrase: "open", Answer: "Nine to five."}})
		}},
		{name: "create FAQ entry", once: true, call: func(ctx context.Context, db *postgres.DB) (err error) {
			entry, err = db.CreateFAQEntry(ctx, cli, bot.KeptFAQEntry{FAQEntry: bot.FAQEntry{Language: "en", Phrase: "tea", Answer: "Yes."}})
			return err
		}},
		{name: "update FAQ entry", call: func(ctx context.Context, db *postgres.DB) error {
			changed := entry
			changed.Answer = "Green."
			_, err := db.UpdateFAQEntry(ctx, cli, changed)
			return err
		}},
		{name: "delete FAQ entry", call: func(ctx context.Context, db *postgres.DB) error {
			return db.DeleteFAQEntry(ctx, cli, entry.ID)
		}},
		{name: "create custom presence", once: true, call: func(ctx context.Context, db *postgres.DB) (err error) {
			lunch, err = db.CreateCustomPresence(ctx, cli, routing.CustomPresence{Name: "Lunch", Text: "At lunch", Base: routing.Away})
			return err
		}},
		{name: "update custom presence", call: func(ctx context.Context, db *postgres.DB) error {
			changed := lunch
			changed.Text = "Back at one"
			_, err := db.UpdateCustomPresence(ctx, cli, changed)
			return err
		}},
		{name: "delete custom presence", call: func(ctx context.Context, db *postgres.DB) error {
			return db.DeleteCustomPresence(ctx, cli, lunch.ID)
		}},
		{name: "create bot", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.CreateBot(ctx, cli, webhook, secret.New(botSecret))
			return err
		}},
		{name: "update bot", call: func(ctx context.Context, db *postgres.DB) error {
			changed := webhook
			changed.Version, changed.Name = 1, "Renamed"
			_, err := db.UpdateBot(ctx, cli, changed, secret.Value{})
			return err
		}},
		{name: "delete bot", call: func(ctx context.Context, db *postgres.DB) error {
			return db.DeleteBot(ctx, cli, webhook.ID)
		}},
		{name: "receive", call: func(ctx context.Context, db *postgres.DB) (err error) {
			if messages, err = db.Receive(ctx, first); err == nil {
				turn, second = messages.Receipts[0].MessageID, messages.Receipts[3].MessageID
			}
			return err
		}},
		{name: "store classification", call: func(ctx context.Context, db *postgres.DB) error {
			return db.StoreClassification(ctx, ref, turn, 1, routing.Decision{
				Needs: routing.Needs{Priority: 5, Attributes: map[string]any{"topic": "tea"}}, Alert: "rule-failed: tea",
			})
		}},
		{name: "store answer", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.StoreAnswer(ctx, ref, turn, 1, bot.Answer{Texts: []string{canary + " one", canary + " two", canary + " three"}})
			return err
		}},
		{name: "mark sending", call: func(ctx context.Context, db *postgres.DB) (err error) {
			marked, err = marks(ctx, db, ref, attempt)
			return err
		}},
		{name: "record sent", alone: true, call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.RecordOutcome(ctx, ref, marked, attempt, wechat.SendOutcome{Status: wechat.SendSent})
			return err
		}},
		{name: "mark the second", call: func(ctx context.Context, db *postgres.DB) (err error) {
			marked, err = marks(ctx, db, ref, delayed)
			return err
		}},
		{name: "record later", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.RecordOutcome(ctx, ref, marked, delayed, wechat.SendOutcome{Status: wechat.SendLater, Code: -1, Reason: "wechat-busy"})
			return err
		}},
		{name: "mark it again", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := marks(ctx, db, ref, retried)
			return err
		}},
		{name: "let the mark end", alone: true, call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.SQL().ExecContext(ctx, `update deliveries set until = now() - interval '1 second' where attempt_id = $1 and status = 'sending'`, retried)
			return err
		}},
		{name: "give it up, and mark the third", call: func(ctx context.Context, db *postgres.DB) (err error) {
			marked, err = marks(ctx, db, ref, noticed)
			return err
		}},
		{name: "record the third", alone: true, call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.RecordOutcome(ctx, ref, marked, noticed, wechat.SendOutcome{Status: wechat.SendUnknown, Reason: "wechat-unanswered"})
			return err
		}},
		{name: "store an escalation", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.StoreAnswer(ctx, ref, second, 1, bot.Answer{Command: bot.CommandEscalate, Reason: canary + " asked"})
			return err
		}},
		{name: "hand over", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.HandOver(ctx, ref, toDefaultQueue())
			return err
		}},
		{name: "mark the notice", call: func(ctx context.Context, db *postgres.DB) (err error) {
			marked, err = marks(ctx, db, ref, told)
			return err
		}},
		{name: "record failed", alone: true, call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.RecordOutcome(ctx, ref, marked, told, wechat.SendOutcome{Status: wechat.SendFailed, Code: 45015, Reason: "reply-window-closed"})
			return err
		}},
		{name: "receive from another", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.Receive(ctx, another)
			return err
		}},
		{name: "want people", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.RequestHandOver(ctx, another.Ref, conversation.EscalatedFailed)
			return err
		}},
		{name: "hand over plainly", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.HandOverPlainly(ctx, another.Ref, "no rules")
			return err
		}},
		{name: "stay too long", alone: true, call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.SQL().ExecContext(ctx, `update conversations set since = '2020-01-01' where id = $1`, another.Conversation)
			return err
		}},
		{name: "due", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.Due(ctx, another.Ref)
			return err
		}},
		{name: "note", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.Act(ctx, command.Request{
				HTTPRequest: command.HTTPRequest{Tenant: tenant, TokenID: principal.TokenID, Method: "POST", Path: "/note", Key: "1", BodyHash: [32]byte{1}},
				Command:     command.Command{Kind: command.Note, Conversation: ref.Conversation, By: principal},
				Text:        canary + " is rude",
			})
			return err
		}},
		{name: "receive an unfollow", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.Receive(ctx, last)
			return err
		}},
		{name: "close", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.CloseConversation(ctx, ref, conversation.ClosedUnfollowed)
			return err
		}},
		{name: "record event", call: func(ctx context.Context, db *postgres.DB) error {
			return db.RecordEvent(ctx, callback.Event{
				Tenant: tenant, AccountID: created.ID, MessageKey: "e1", Kind: "VIEW", CustomerKey: "c", Body: []byte(canary), ReceivedAt: time.Unix(1, 0),
			})
		}},
		{name: "quarantine", call: func(ctx context.Context, db *postgres.DB) error {
			return db.Quarantine(ctx, callback.Unreadable{
				Tenant: tenant, AccountID: created.ID, DeliveryID: attempt, Reason: "unreadable", Raw: []byte(canary), ReceivedAt: time.Unix(1, 0),
			})
		}},
		{name: "spool", call: func(ctx context.Context, db *postgres.DB) error {
			return db.Spool(ctx, spooledBy("c", "m1", created.ID))
		}},
		{name: "spool the next", call: func(ctx context.Context, db *postgres.DB) error {
			return db.Spool(ctx, spooledBy("c", "m2", created.ID))
		}},
		{name: "unspool", call: func(ctx context.Context, db *postgres.DB) error {
			waiting, err := db.SpooledFrom(ctx, callback.Spooled{Received: spooledBy("c", "m1", created.ID)}, 10)
			if err != nil || len(waiting) == 0 || waiting[0].MessageKey != "m1" {
				return db.Unspool(ctx, nil) // called again
			}
			return db.Unspool(ctx, []int64{waiting[0].ID})
		}},
		{name: "revoke token", call: func(ctx context.Context, db *postgres.DB) error {
			return db.RevokeToken(ctx, cli, principal.TokenID)
		}},
		{name: "refresh access token", call: func(ctx context.Context, db *postgres.DB) error {
			_, err := db.Refresh(ctx, string(created.ID), secret.New("refused"), func(context.Context, bool) (wxapi.Token, error) {
				return wxapi.Token{Value: secret.New(canary), ExpiresAt: time.Now().Add(time.Hour)}, nil
			})
			return err
		}},
	}
}

// marks claims a message, or finds the one that the attempt has claimed.
func marks(ctx context.Context, db *postgres.DB, c conversation.Ref, attempt string) (conversation.MessageID, error) {
	m, err := db.MarkSending(ctx, c, attempt)
	if err == nil && m.Status != conversation.DeliverySending {
		err = errors.New("marked as " + string(m.Status) + ": " + m.Reason)
	}
	return m.MessageID, err
}

// ending is the state of all tables, without ids, times and ciphertexts.
func (f *fixture) ending(t *testing.T) map[string][]string {
	t.Helper()
	state := map[string][]string{}
	for table, columns := range map[string]string{
		"accounts":              "name, version, deleted_at is null",
		"account_secrets":       "purpose, replaced_at is null",
		"api_tokens":            "name, role, revoked_at is null",
		"faq_entries":           "language, phrase, answer",
		"customers":             "customer_key, following, message_left, tap_left",
		"conversations":         "state, holder, epoch, last_seq, close_reason, closed_at is null, classified, hand_over, hand_over_turn is null, ending, wished_at is null",
		"messages":              "seq, author, kind, turn_part, wants_answer",
		"turns":                 "epoch, command",
		"receipts":              "split_part(message_key, ' ', 1), outcome, fingerprint",
		"deliveries":            "seq, epoch, status, attempts, reason, errcode, attempt_id is null, not_before is null, until is null",
		"work_items":            "state, mode, units",
		"distribution_triggers": "tenant",
		"feed":                  "kind",
		"routing_traces":        "stage",
		"events":                "message_key, kind",
		"quarantine":            "message_key, reason",
		"spool":                 "message_key, claimed_until is null",
		"commands":              "key, acted is null",
		"notes":                 "octet_length(body)",
		"outbox":                "act, assignment",
		"access_tokens":         "forced_at is null, sealed is null",
		"audit":                 "actor, action, detail",
	} {
		rows := []string{}
		require.NoError(t, f.raw.Select(&rows, "select row("+columns+")::text from "+table+" order by 1"))
		state[table] = rows
	}
	return state
}

// runStory runs the story; around may do something to each call.
func runStory(t *testing.T, db *postgres.DB, around func(s step, call func() error)) {
	t.Helper()
	for _, s := range story() {
		around(s, func() error { return s.call(t.Context(), db) })
	}
}

func TestR24_everyWriteEndsTheSameHoweverItsAnswersGetLost(t *testing.T) {
	t.Parallel()
	straight := newEmptyFixture(t)
	runStory(t, straight.DB, func(s step, call func() error) { require.NoError(t, call(), s.name) })
	want := straight.ending(t)
	require.Len(t, want["messages"], 7)

	t.Run("called twice", func(t *testing.T) {
		t.Parallel()
		f := newEmptyFixture(t)
		runStory(t, f.DB, func(s step, call func() error) {
			require.NoError(t, call(), s.name)
			if !s.once {
				require.NoError(t, call(), s.name)
			}
		})
		require.Equal(t, want, f.ending(t))
	})
	for name, what := range map[string]string{"answer to COMMIT lost": aCommit, "answer to a statement lost": anExecute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newEmptyFixture(t)
			p := newProxy(t, f.dsn)
			db := open(t, p.dsn, f.ring)
			runStory(t, db, func(s step, call func() error) {
				lost := what
				if s.alone {
					lost = anExecute
				}
				before := p.loseNext(lost)
				require.NoError(t, call(), s.name)
				require.Equal(t, before+1, p.loseNext(""), s.name)
			})
			require.Equal(t, want, f.ending(t))
		})
	}
}

func TestS2_noTableHoldsWhatWasSaid(t *testing.T) {
	t.Parallel()
	f := newEmptyFixture(t)
	runStory(t, f.DB, func(s step, call func() error) { require.NoError(t, call(), s.name) })

	var tables []string
	require.NoError(t, f.raw.Select(&tables, `select tablename from pg_tables where schemaname = 'public'`))
	require.Greater(t, len(tables), 15)
	for _, table := range tables {
		var rows []string
		require.NoError(t, f.raw.Select(&rows, `select t::text || coalesce(encode(convert_to(t::text, 'UTF8'), 'escape'), '') from `+table+` t`))
		for _, row := range rows {
			for _, plain := range []string{"canary", "63616e617279", "Y2FuYXJ5", aesKey, appSecret} { // also in hex and base64
				require.NotContains(t, row, plain, table)
			}
		}
	}
}
