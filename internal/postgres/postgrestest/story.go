package postgrestest

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
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// Step is one call of a method that writes.
type Step struct {
	Name  string
	call  func(ctx context.Context, db *Ledger) error
	Once  bool // a second call is meant to have a second effect
	Alone bool // one statement, without a COMMIT whose answer could get lost
}

// story calls every method that writes, in an order that makes sense. Told in whatever way, it ends the same.
func story() []Step {
	var (
		created   = SomeAccount()
		other     = SomeAccount()
		ref       = conversation.Ref{Tenant: Tenant, Conversation: NewConversation()}
		f         = Fixture{}
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
		broken   = Says("k2", "?")
		swapped  = Says("k1", "something else")
		unfollow = Says("k3", "")
	)
	created.ID, other.ID = conversation.AccountID(uuid.NewString()), conversation.AccountID(uuid.NewString())
	other.AppID = "wxfedcba9876543210"
	f.TheAccount = created
	broken.Quarantine, broken.Fingerprint, broken.Ciphertext = "undecipherable", "", Canary
	unfollow.Kind, unfollow.IsEvent, unfollow.Follow, unfollow.Trigger = "unsubscribe", true, callback.Unfollowed, conversation.TriggerNone
	first := f.Batch(ref.Conversation, "li", Says("k1", "hello"), broken, swapped, Says("k4", "a person, please"))
	last := f.Batch(ref.Conversation, "li", unfollow)
	another := f.Batch(NewConversation(), "wang", Says("k5", "hello"))

	return []Step{
		{Name: "create account", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.CreateAccount(ctx, CLI, created, SomeSecrets())
			return err
		}},
		{Name: "update account", call: func(ctx context.Context, db *Ledger) error {
			changed := created
			changed.Version, changed.Name = 1, "Tea house"
			_, err := db.UpdateAccount(ctx, CLI, changed, account.Secrets{Token: secret.New("another")})
			return err
		}},
		{Name: "create another account", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.CreateAccount(ctx, CLI, other, SomeSecrets())
			return err
		}},
		{Name: "delete account", call: func(ctx context.Context, db *Ledger) error {
			return db.DeleteAccount(ctx, CLI, other.ID)
		}},
		{Name: "create token", Once: true, call: func(ctx context.Context, db *Ledger) (err error) {
			_, principal, err = db.CreateToken(ctx, CLI, "desk", access.RoleAdmin, "", time.Hour)
			return err
		}},
		{Name: "put FAQ entries", call: func(ctx context.Context, db *Ledger) error {
			return db.PutFAQEntries(ctx, Tenant, created.ID, []bot.FAQEntry{{Language: "en", Phrase: "open", Answer: "Nine to five."}})
		}},
		{Name: "create FAQ entry", Once: true, call: func(ctx context.Context, db *Ledger) (err error) {
			entry, err = db.CreateFAQEntry(ctx, CLI, bot.KeptFAQEntry{FAQEntry: bot.FAQEntry{Language: "en", Phrase: "tea", Answer: "Yes."}})
			return err
		}},
		{Name: "update FAQ entry", call: func(ctx context.Context, db *Ledger) error {
			changed := entry
			changed.Answer = "Green."
			_, err := db.UpdateFAQEntry(ctx, CLI, changed)
			return err
		}},
		{Name: "delete FAQ entry", call: func(ctx context.Context, db *Ledger) error {
			return db.DeleteFAQEntry(ctx, CLI, entry.ID)
		}},
		{Name: "create custom presence", Once: true, call: func(ctx context.Context, db *Ledger) (err error) {
			lunch, err = db.CreateCustomPresence(ctx, CLI, routing.CustomPresence{Name: "Lunch", Text: "At lunch", Base: routing.Away})
			return err
		}},
		{Name: "update custom presence", call: func(ctx context.Context, db *Ledger) error {
			changed := lunch
			changed.Text = "Back at one"
			_, err := db.UpdateCustomPresence(ctx, CLI, changed)
			return err
		}},
		{Name: "delete custom presence", call: func(ctx context.Context, db *Ledger) error {
			return db.DeleteCustomPresence(ctx, CLI, lunch.ID)
		}},
		{Name: "create bot", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.CreateBot(ctx, CLI, webhook, secret.New(BotSecret))
			return err
		}},
		{Name: "update bot", call: func(ctx context.Context, db *Ledger) error {
			changed := webhook
			changed.Version, changed.Name = 1, "Renamed"
			_, err := db.UpdateBot(ctx, CLI, changed, secret.Value{})
			return err
		}},
		{Name: "delete bot", call: func(ctx context.Context, db *Ledger) error {
			return db.DeleteBot(ctx, CLI, webhook.ID)
		}},
		{Name: "receive", call: func(ctx context.Context, db *Ledger) (err error) {
			if messages, err = db.Receive(ctx, first); err == nil {
				turn, second = messages.Receipts[0].MessageID, messages.Receipts[3].MessageID
			}
			return err
		}},
		{Name: "store classification", call: func(ctx context.Context, db *Ledger) error {
			return db.StoreClassification(ctx, ref, turn, 1, routing.Decision{
				Needs: routing.Needs{Priority: 5, Attributes: map[string]any{"topic": "tea"}}, Alert: "rule-failed: tea",
			})
		}},
		{Name: "store answer", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.StoreAnswer(ctx, ref, turn, 1, bot.Answer{Texts: []string{Canary + " one", Canary + " two", Canary + " three"}})
			return err
		}},
		{Name: "mark sending", call: func(ctx context.Context, db *Ledger) (err error) {
			marked, err = marks(ctx, db, ref, attempt)
			return err
		}},
		{Name: "record sent", Alone: true, call: func(ctx context.Context, db *Ledger) error {
			_, err := db.RecordOutcome(ctx, ref, marked, attempt, wechat.SendOutcome{Status: wechat.SendSent})
			return err
		}},
		{Name: "mark the second", call: func(ctx context.Context, db *Ledger) (err error) {
			marked, err = marks(ctx, db, ref, delayed)
			return err
		}},
		{Name: "record later", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.RecordOutcome(ctx, ref, marked, delayed, wechat.SendOutcome{Status: wechat.SendLater, Code: -1, Reason: "wechat-busy"})
			return err
		}},
		{Name: "mark it again", call: func(ctx context.Context, db *Ledger) error {
			_, err := marks(ctx, db, ref, retried)
			return err
		}},
		{Name: "let the mark end", Alone: true, call: func(ctx context.Context, db *Ledger) error {
			_, err := db.DB.ExecContext(ctx, `update deliveries set until = now() - interval '1 second' where attempt_id = $1 and status = 'sending'`, retried)
			return err
		}},
		{Name: "give it up, and mark the third", call: func(ctx context.Context, db *Ledger) (err error) {
			marked, err = marks(ctx, db, ref, noticed)
			return err
		}},
		{Name: "record the third", Alone: true, call: func(ctx context.Context, db *Ledger) error {
			_, err := db.RecordOutcome(ctx, ref, marked, noticed, wechat.SendOutcome{Status: wechat.SendUnknown, Reason: "wechat-unanswered"})
			return err
		}},
		{Name: "store an escalation", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.StoreAnswer(ctx, ref, second, 1, bot.Answer{Command: bot.CommandEscalate, Reason: Canary + " asked"})
			return err
		}},
		{Name: "hand over", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.HandOver(ctx, ref, ToDefaultQueue())
			return err
		}},
		{Name: "mark the notice", call: func(ctx context.Context, db *Ledger) (err error) {
			marked, err = marks(ctx, db, ref, told)
			return err
		}},
		{Name: "record failed", Alone: true, call: func(ctx context.Context, db *Ledger) error {
			_, err := db.RecordOutcome(ctx, ref, marked, told, wechat.SendOutcome{Status: wechat.SendFailed, Code: 45015, Reason: "reply-window-closed"})
			return err
		}},
		{Name: "receive from another", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.Receive(ctx, another)
			return err
		}},
		{Name: "want people", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.RequestHandOver(ctx, another.Ref, conversation.EscalatedFailed)
			return err
		}},
		{Name: "hand over plainly", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.HandOverPlainly(ctx, another.Ref, "no rules")
			return err
		}},
		{Name: "stay too long", Alone: true, call: func(ctx context.Context, db *Ledger) error {
			_, err := db.DB.ExecContext(ctx, `update conversations set since = '2020-01-01' where id = $1`, another.Conversation)
			return err
		}},
		{Name: "due", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.Due(ctx, another.Ref)
			return err
		}},
		{Name: "note", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.Act(ctx, command.Request{
				HTTPRequest: command.HTTPRequest{Tenant: Tenant, ActorID: principal.TokenID, Method: "POST", Path: "/note", Key: "1", BodyHash: [32]byte{1}},
				Command:     command.Command{Kind: command.Note, Conversation: ref.Conversation, By: principal},
				Text:        Canary + " is rude",
			})
			return err
		}},
		{Name: "receive an unfollow", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.Receive(ctx, last)
			return err
		}},
		{Name: "close", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.CloseConversation(ctx, ref, conversation.ClosedUnfollowed)
			return err
		}},
		{Name: "record event", call: func(ctx context.Context, db *Ledger) error {
			return db.RecordEvent(ctx, callback.Event{
				Tenant: Tenant, AccountID: created.ID, MessageKey: "e1", Kind: "VIEW", CustomerKey: "c", Body: []byte(Canary), ReceivedAt: time.Unix(1, 0),
			})
		}},
		{Name: "quarantine", call: func(ctx context.Context, db *Ledger) error {
			return db.Quarantine(ctx, callback.Unreadable{
				Tenant: Tenant, AccountID: created.ID, DeliveryID: attempt, Reason: "unreadable", Raw: []byte(Canary), ReceivedAt: time.Unix(1, 0),
			})
		}},
		{Name: "spool", call: func(ctx context.Context, db *Ledger) error {
			return db.Spool(ctx, SpooledBy("c", "m1", created.ID))
		}},
		{Name: "spool the next", call: func(ctx context.Context, db *Ledger) error {
			return db.Spool(ctx, SpooledBy("c", "m2", created.ID))
		}},
		{Name: "unspool", call: func(ctx context.Context, db *Ledger) error {
			waiting, err := db.SpooledFrom(ctx, callback.Spooled{Received: SpooledBy("c", "m1", created.ID)}, 10)
			if err != nil || len(waiting) == 0 || waiting[0].MessageKey != "m1" {
				return db.Unspool(ctx, nil) // called again
			}
			return db.Unspool(ctx, []int64{waiting[0].ID})
		}},
		{Name: "revoke token", call: func(ctx context.Context, db *Ledger) error {
			return db.RevokeToken(ctx, CLI, principal.TokenID)
		}},
		{Name: "refresh access token", call: func(ctx context.Context, db *Ledger) error {
			_, err := db.Refresh(ctx, string(created.ID), secret.New("refused"), func(context.Context, bool) (wxapi.Token, error) {
				return wxapi.Token{Value: secret.New(Canary), ExpiresAt: time.Now().Add(time.Hour)}, nil
			})
			return err
		}},
	}
}

// marks claims a message, or finds the one that the attempt has claimed.
func marks(ctx context.Context, db *Ledger, c conversation.Ref, attempt string) (conversation.MessageID, error) {
	m, err := db.MarkSending(ctx, c, attempt)
	if err == nil && m.Status != conversation.DeliverySending {
		err = errors.New("marked as " + string(m.Status) + ": " + m.Reason)
	}
	return m.MessageID, err
}

// Ending is the state of all tables, without ids, times and ciphertexts.
func (f *Fixture) Ending(t *testing.T) map[string][]string {
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
		require.NoError(t, f.Raw.Select(&rows, "select row("+columns+")::text from "+table+" order by 1"))
		state[table] = rows
	}
	return state
}

// RunStory runs the story; around may do something to each call.
func RunStory(t *testing.T, db *Ledger, around func(s Step, call func() error)) {
	t.Helper()
	for _, s := range story() {
		around(s, func() error { return s.call(t.Context(), db) })
	}
}
