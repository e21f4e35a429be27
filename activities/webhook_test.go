package activities_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.temporal.io/sdk/testsuite"

	"wxdesk/activities"
	"wxdesk/internal/bot"
	"wxdesk/internal/bot/connector"
	"wxdesk/internal/bot/webhook"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// webhookLedger is a ledger with one turn for a webhook bot.
type webhookLedger struct {
	activities.Ledger // the rest is not called
	stored            []bot.Answer
	moved             bool // the holder has changed by the time the answer comes
}

func (d *webhookLedger) Turn(context.Context, conversation.Ref) (bot.Turn, error) {
	return bot.Turn{Epoch: 1, Question: bot.Question{TurnID: "turn", Kind: "text", Text: "hello", Replies: 5, Bot: bot.Bot{
		Kind: bot.KindWebhook, URL: "https://bot.example/",
		Secret: secret.New("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="),
	}}}, nil
}

func (d *webhookLedger) StoreAnswer(_ context.Context, _ conversation.Ref, _ conversation.MessageID, _ conversation.Epoch, a bot.Answer) (conversation.Situation, error) {
	if d.moved {
		return conversation.Situation{}, conversation.ErrClosed
	}
	d.stored = append(d.stored, a)
	return stands, nil
}

func (d *webhookLedger) ReadSituation(context.Context, conversation.Ref) (conversation.Situation, error) {
	return stands, nil
}

func (d *webhookLedger) RequestHandOver(context.Context, conversation.Ref, conversation.EscalationReason) (conversation.Situation, error) {
	return stands, nil
}

type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

// askWebhook performs Ask for the turn, over a wire to the bot, on a clock that does not wait.
func askWebhook(t *testing.T, d *webhookLedger, w wire) (out activities.AskResult, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var suite testsuite.WorkflowTestSuite
		env := suite.NewTestActivityEnvironment()
		env.RegisterActivity(&activities.Activities{
			Ledger: ledgerOf(d),
			Bots:   connector.Bots{Webhook: webhook.New(&http.Client{Transport: w})},
			Span: func(ctx context.Context, _, _ string) (context.Context, trace.Span) {
				return ctx, noop.Span{}
			},
		})
		var acts *activities.Activities
		begun := time.Now()
		value, err := env.ExecuteActivity(acts.Ask, activities.AskInput{Bot: bot.KindWebhook})
		took = time.Since(begun)
		require.NoError(t, err, "a bot's failure is a result, not an error")
		require.NoError(t, value.Get(&out))
	})
	return out, took
}

func writes(status int, body string) wire {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)),
		}, nil
	}
}

func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// drips sends a byte of white space every second, for ever.
type drips struct{ ctx context.Context }

func (d drips) Read(p []byte) (int, error) {
	select {
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	}
}

// R15, B01, B03
func TestAskWebhook_badBotFailsInTenSeconds(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]wire{
		"dead":       func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"silent":     silent,
		"overloaded": writes(http.StatusServiceUnavailable, ""),
		"garbage":    writes(http.StatusOK, "<html>"),
		"empty":      writes(http.StatusOK, ""),
		"babbling":   writes(http.StatusOK, `{"messages":[{"text":"1"},{"text":"2"},{"text":"3"},{"text":"4"}]}`),
		"dripping": func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(drips{r.Context()}),
			}, nil
		},
	} {
		d := &webhookLedger{}
		out, took := askWebhook(t, d, w)
		require.Equal(t, activities.AskFailed, out.Outcome, name)
		require.Less(t, took, 9*time.Second, name)
		require.Empty(t, d.stored, name)
	}
}

// R15
// However many customers a bad bot has, each of them is handed over in time: what fails again and again is not waited for.
func TestAskWebhook_badBotStrandsNoCustomer(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]wire{
		"dead":    func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF },
		"slow":    silent,
		"garbage": writes(http.StatusOK, "<html>"),
	} {
		synctest.Test(t, func(t *testing.T) {
			d := &webhookLedger{}
			var suite testsuite.WorkflowTestSuite
			env := suite.NewTestActivityEnvironment()
			env.RegisterActivity(&activities.Activities{
				Ledger: ledgerOf(d), Bots: connector.Bots{Webhook: webhook.New(&http.Client{Transport: w})},
				Span: func(ctx context.Context, _, _ string) (context.Context, trace.Span) { return ctx, noop.Span{} },
			})
			var acts *activities.Activities
			for range 1000 {
				begun := time.Now()
				value, err := env.ExecuteActivity(acts.Ask, activities.AskInput{Bot: bot.KindWebhook})
				require.NoError(t, err, name)
				var out activities.AskResult
				require.NoError(t, value.Get(&out), name)
				require.Equal(t, activities.AskFailed, out.Outcome, name)
				require.Less(t, time.Since(begun), 9*time.Second, name)
			}
			require.Empty(t, d.stored, name)
		})
	}
}

// B01
func TestAskWebhook_dropsAnswerAfterTakeover(t *testing.T) {
	t.Parallel()
	out, _ := askWebhook(t, &webhookLedger{moved: true}, writes(http.StatusOK, `{"messages":[{"text":"late"}]}`))
	require.Equal(t, asked(activities.AskNobody), out)
}

func TestAsk_keepsAnAnswerWithItsCommand(t *testing.T) {
	t.Parallel()
	d := &webhookLedger{}
	out, _ := askWebhook(t, d, writes(http.StatusOK, `{"messages":[{"text":"bye"}],"command":{"name":"end"}}`))
	require.Equal(t, activities.AskAnswered, out.Outcome)
	require.Equal(t, []bot.Answer{{Texts: []string{"bye"}, Command: bot.CommandEnd}}, d.stored)
}
