package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.temporal.io/sdk/testsuite"

	"wxdesk/activities"
	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/delivery"
	"wxdesk/internal/routing"
	"wxdesk/internal/wechat"
)

const (
	accountID      = conversation.AccountID("0b9c2a52-3f0e-4a8b-9d35-6a0a3c1f7e11")
	conversationID = conversation.ID("0190a6a5-7c1e-7f3a-8a1b-0123456789ab")
	turn           = conversation.MessageID("0190a6a5-7c1e-7f3a-8a1b-0123456789ac")
	original       = wechat.OriginalID("gh_0000000000aa")
	app            = wechat.AppID("wx00000000000000aa")
	customer       = "oAAAAbbbbccccddddeeeeffff-_1"
	keyID          = "11111111-1111-4111-8111-111111111111"
	aesKey         = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	otherKey       = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
)

// stands is how the conversation stands in these tests.
var stands = conversation.Situation{
	Standing: conversation.Standing{Revision: 1, Epoch: 1, Holder: conversation.HolderBot, State: conversation.StateActive},
	Owed:     conversation.Owed{Send: true},
}

var where = activities.Where{Tenant: conversation.DefaultTenant, Conversation: conversationID}

// ledger is a ledger whose answers a test chooses; what it is told, it remembers. A method that a test does not expect
// to be called panics.
type ledger struct {
	activities.Ledger
	t *testing.T

	openPlain func(h callback.Received) ([]byte, error)
	receive   func(b callback.Batch) (callback.Result, error)
	turn      func() (bot.Turn, error)
	classify  func() error
	store     func(a bot.Answer) error
	want      func() error
	creds     func() (wechat.Credentials, error)
	mark      func(attempt string) (delivery.Marking, error)
	record    func(ctx context.Context, attempt string, o wechat.SendOutcome) error

	batches []callback.Batch
	stored  []bot.Answer
	wanted  int             // how often people were wished
	given   []routing.Needs // by classification
	marked  []string        // attempts
	outcome []wechat.SendOutcome
}

// idKey keys the hashes of the account.
func idKey() []byte { return []byte("the id key of account A, 32 byte") }

func (l *ledger) AccountKeys(_ context.Context, t conversation.Tenant, id conversation.AccountID) (account.CallbackKeys, error) {
	require.Equal(l.t, conversation.DefaultTenant, t)
	require.Equal(l.t, accountID, id)
	return account.CallbackKeys{
		AppID: app, OriginalID: original, IDKey: idKey(),
		Ciphers: map[string]*wechat.Cipher{keyID: newCipher(l.t, aesKey, app)},
	}, nil
}

func (l *ledger) OpenPlain(h callback.Received) ([]byte, error) { return l.openPlain(h) }

// Receive takes everything as new, unless a test says otherwise.
func (l *ledger) Receive(_ context.Context, b callback.Batch) (callback.Result, error) {
	l.batches = append(l.batches, b)
	if l.receive != nil {
		return l.receive(b)
	}
	got := callback.Result{Begun: true, Situation: stands}
	for _, a := range b.Arrivals {
		r := callback.Receipt{Outcome: callback.ReceiptNew, MessageID: conversation.MessageID("row of " + a.DeliveryID)}
		if a.Quarantine != "" {
			r = callback.Receipt{Outcome: callback.ReceiptQuarantined}
		}
		got.Receipts = append(got.Receipts, r)
	}
	return got, nil
}

func (l *ledger) ReadSituation(context.Context, conversation.Ref) (conversation.Situation, error) {
	return stands, nil
}

func (l *ledger) Turn(context.Context, conversation.Ref) (bot.Turn, error) { return l.turn() }

func (l *ledger) RequestHandOver(_ context.Context, _ conversation.Ref, why conversation.EscalationReason) (conversation.Situation, error) {
	require.Equal(l.t, conversation.EscalatedFailed, why)
	l.wanted++
	if l.want != nil {
		return conversation.Situation{}, l.want()
	}
	return stands, nil
}

func (l *ledger) Credentials(context.Context, conversation.Tenant, conversation.AccountID) (wechat.Credentials, error) {
	if l.creds != nil {
		return l.creds()
	}
	return credentials, nil
}

// ClassificationQuestion has one rule, which always holds.
func (l *ledger) ClassificationQuestion(context.Context, conversation.Ref, conversation.MessageID) (routing.Question, error) {
	return routing.Question{Classifications: []routing.RulesetVersion{{Rules: []routing.Rule{{Set: map[string]any{"topic": "tea"}}}}}}, nil
}

func (l *ledger) StoreClassification(_ context.Context, _ conversation.Ref, _ conversation.MessageID, _ conversation.Epoch, d routing.Decision) error {
	l.given = append(l.given, d.Needs)
	return l.classify()
}

func (l *ledger) StoreAnswer(_ context.Context, _ conversation.Ref, _ conversation.MessageID, _ conversation.Epoch, a bot.Answer) (conversation.Situation, error) {
	if err := l.store(a); err != nil {
		return conversation.Situation{}, err
	}
	l.stored = append(l.stored, a)
	return stands, nil
}

func (l *ledger) MarkSending(_ context.Context, _ conversation.Ref, attempt string) (delivery.Marking, error) {
	l.marked = append(l.marked, attempt)
	return l.mark(attempt)
}

func (l *ledger) RecordOutcome(ctx context.Context, _ conversation.Ref, _ conversation.MessageID, attempt string, o wechat.SendOutcome) (conversation.Situation, error) {
	if l.record != nil {
		if err := l.record(ctx, attempt, o); err != nil {
			return conversation.Situation{}, err
		}
	}
	l.outcome = append(l.outcome, o)
	return stands, nil
}

// bots and sender are functions in the place of ports.
type bots func(ctx context.Context, q bot.Question) (bot.Answer, error)

func (b bots) Answer(ctx context.Context, q bot.Question) (bot.Answer, error) {
	return b(ctx, q)
}

type sender func(ctx context.Context, from wechat.Credentials, to wechat.OpenID, text string) wechat.SendOutcome

func (s sender) Prepare(context.Context, wechat.Credentials) wechat.SendOutcome {
	return wechat.SendOutcome{Status: wechat.SendSent}
}

func (s sender) SendText(ctx context.Context, from wechat.Credentials, to wechat.OpenID, text string) wechat.SendOutcome {
	return s(ctx, from, to, text)
}

// permits grants every send at once, unless wait is set.
type permits struct{ wait time.Duration }

func (p permits) Take(context.Context, conversation.Tenant) (time.Duration, error) {
	return p.wait, nil
}

func (p permits) TryTake(context.Context, conversation.Tenant) (bool, error) { return p.wait == 0, nil }

func noSpan(ctx context.Context, _, _ string) (context.Context, trace.Span) {
	return ctx, noop.Span{}
}

// perform runs an activity as a worker would.
func perform[Out any](t *testing.T, a *activities.Activities, activity, in any) (out Out, err error) {
	t.Helper()
	a.Span = noSpan
	var suite testsuite.WorkflowTestSuite
	suite.SetDisableRegistrationAliasing(true)
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(a)
	if a.Permits == nil {
		a.Permits = permits{}
	}
	value, err := env.ExecuteActivity(activity, in)
	if err == nil {
		require.NoError(t, value.Get(&out))
	}
	return out, err
}

func newCipher(t *testing.T, key string, app wechat.AppID) *wechat.Cipher {
	t.Helper()
	c, err := wechat.NewCipher(key, app)
	require.NoError(t, err)
	return c
}

// everyPart is a stand-in for all of the ledger.
type everyPart interface {
	activities.Accounts
	activities.Callbacks
	activities.Transcript
	activities.Routing
	activities.Upkeep
}

func ledgerOf(l everyPart) activities.Ledger {
	return activities.Ledger{Accounts: l, Callbacks: l, Transcript: l, Routing: l, Upkeep: l}
}
