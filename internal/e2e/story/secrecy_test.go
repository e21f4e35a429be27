package story_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/proxy"
	"google.golang.org/protobuf/encoding/protojson"

	"wxdesk/internal/e2e/harness"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
)

// What people say and write, each in words of its own, so that a hit names the one that got away.
const (
	saidByCustomer = "canary-said-4b1f93d2"
	saidByBot      = "canary-bot-8c02e7a1"
	botsReason     = "canary-reason-1d77b0"
	botsSummary    = "canary-summary-5ae6c3"
	contextValue   = "canary-context-90f1d4"
	otherContext   = "canary-context-2b8e55"
	saidByAgent    = "canary-agent-71c4ab"
	agentsNote     = "canary-note-e03d96"
	canaryOpenID   = "oCanary-2f7c61-0000000000000"
)

// S1, S16, X12
// TestCanaries_appearNowhere lives through everything that holds content or a secret, with logs at their most
// talkative, and then looks for all of it, in whatever shape: in what every process logged and printed, in the metrics of
// both listeners, in Temporal's histories as they are and with the codec taken off, in every row of every table, in every
// answer of every GET, and in every file on disk.
func TestCanaries_appearNowhere(t *testing.T) {
	t.Parallel()
	s := harness.Start(t, "WXDESK_LOG_LEVEL=debug")
	content := canaries{
		"what the customer said": saidByCustomer, "what the bot said": saidByBot, "the bot's reason": botsReason,
		"the bot's summary": botsSummary, "a context value of the bot": contextValue, "a context value": otherContext,
		"the agent's reply": saidByAgent, "the agent's note": agentsNote, "the openid": canaryOpenID,
	}
	secrets := useEverything(t, s)
	all := canaries{}
	for _, some := range []canaries{content, secrets} {
		for name, value := range some {
			require.Greater(t, len(value), 12, name)
			all[name] = value
		}
	}

	for _, addr := range []string{s.OpsAddr, s.WorkerOpsAddr()} {
		_, metrics := s.Call(http.MethodGet, "http://"+addr+"/metrics", nil, nil)
		require.Contains(t, string(metrics), "temporal_")
		all.requireAbsent(t, "metrics of "+addr, metrics)
	}
	searchHistories(t, s, all)
	searchTables(t, s, all)
	searchAnswers(t, s, secrets)
	requireCodecForAdminsOnly(t, s)

	s.Stop()                                                                     // so that everything is on disk
	out := regexp.MustCompile(`ticket=\S+`).ReplaceAllString(s.Out.String(), "") // which is for the terminal
	all.requireAbsent(t, "what wxdesk dev prints", []byte(out))
	files := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(s.Dir, ".wxdesk"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "simulator.jsonl") || d.Name() == "env" || d.Name() == "secrets.json" {
			return err // WeChat's own memory, and the settings, which hold secrets by purpose
		}
		text, err := os.ReadFile(path)
		all.requireAbsent(t, path, text)
		files++
		return err
	}))
	require.Greater(t, files, 50)
	for _, process := range []string{"api", "worker", "temporal", "postgres", "simulator"} {
		text, err := os.ReadFile(filepath.Join(s.Dir, ".wxdesk", "log", process+".log"))
		require.NoError(t, err)
		require.NotEmpty(t, text, process)
		require.NotContains(t, string(text), "ticket=")
	}
}

// useEverything has a conversation with a bot and an agent, with failures, and returns the secrets that were used.
func useEverything(t *testing.T, s *harness.System) canaries {
	t.Helper()
	hook := "whsec_" + base64.StdEncoding.EncodeToString([]byte("canary-hook-of-24-bytes!"))
	var asked atomic.Int32
	bot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if asked.Add(1) < 3 {
			fmt.Fprintf(w, `{"messages": [{"text": %q}], "context": {"order": %q}}`, saidByBot, contextValue)
			return
		}
		fmt.Fprintf(w, `{"command": {"name": "escalate", "reason": %q, "summary": %q}}`, botsReason, botsSummary)
	}))
	t.Cleanup(bot.Close)
	s.Change("/v1/workstreams/"+harness.DefaultWorkstream, map[string]any{"variables": []map[string]any{{"name": "order"}, {"name": "other"}}})
	hooked := s.Create("/v1/bots", map[string]any{"kind": "webhook", "name": "Canary", "url": bot.URL, "secret": hook})
	account := s.DemoAccount()
	s.Change("/v1/accounts/"+account, map[string]any{"bot_id": hooked})

	s.CallSimulator(http.MethodPost, "/accounts/"+harness.DemoAppID+"/followers", map[string]any{"openid": canaryOpenID, "quiet": true}, nil)
	c := s.CustomerOf(harness.DemoAppID, canaryOpenID)
	ann := s.NewAgent("Ann").Connect()
	require.True(t, c.WriteAccepted(saidByCustomer))
	c.WaitForAnswers(1, 20*time.Second)
	s.CallSimulator(http.MethodPost, "/faults", map[string]any{"kind": "errcode", "errcode": 40001, "app_id": harness.DemoAppID, "path": "/cgi-bin/message/custom/send"}, nil)
	require.True(t, c.WriteAccepted(saidByCustomer+" again"))
	c.WaitForAnswers(2, 30*time.Second)
	require.True(t, c.WriteAccepted(saidByCustomer+" 你好"))
	id := ann.AcceptOffer(1)
	ann.MustCommand("reply", id, map[string]any{"text": saidByAgent})
	ann.MustCommand("note", id, map[string]any{"text": agentsNote})
	ann.MustCommand("set-context", id, map[string]any{"context": map[string]any{"other": otherContext}})
	s.WaitFor(20*time.Second, "the reply is on the phone", func() bool { return slices.Contains(c.Answers(), saidByAgent) })
	_, about := s.Call(http.MethodGet, "http://"+s.HTTPAddr+"/v1/conversations/"+id, nil, nil)
	for _, held := range []string{contextValue, otherContext, canaryOpenID} {
		require.Contains(t, string(about), held, "it is where it belongs")
	}
	ann.MustCommand("end", id, nil)
	ann.MustCommand("close", id, nil)
	s.WaitForState(id, "closed agent", 20*time.Second)

	var atWeChat struct {
		Items []struct {
			AppSecret      string `json:"app_secret"`
			Token          string
			EncodingAESKey string `json:"encoding_aes_key"`
		}
	}
	s.CallSimulator(http.MethodGet, "/accounts", nil, &atWeChat)
	theirs := atWeChat.Items[0]
	master := s.Setting("WXDESK_MASTER_KEYS")
	ring, err := secret.ParseKeyring(secret.New(master))
	require.NoError(t, err)
	pool, err := postgres.Open(t.Context(), s.Setting("DATABASE_URL"))
	require.NoError(t, err)
	defer pool.Close() //nolint:errcheck // it was only read
	access, err := accounts.New(pool, ring).Token(t.Context(), account)
	require.NoError(t, err)
	dsn, err := url.Parse(s.Setting("DATABASE_URL"))
	require.NoError(t, err)
	password, _ := dsn.User.Password()
	_, masterKey, _ := strings.Cut(master, ":")
	return canaries{
		"the AppSecret": theirs.AppSecret, "the Token": theirs.Token, "the EncodingAESKey": theirs.EncodingAESKey,
		"the access token": access.Value.Reveal(), "the bot's secret": hook, "the master key": masterKey, "the admin's API token": s.AdminToken,
		"the agent's API token": ann.APIToken, "the database's password": password,
	}
}

// searchHistories searches the histories as an operator without the keys sees them, and as one who can open them.
func searchHistories(t *testing.T, s *harness.System, all canaries) {
	t.Helper()
	ring, err := secret.ParseKeyring(secret.New(s.Setting("WXDESK_MASTER_KEYS")))
	require.NoError(t, err)
	codec := temporalclient.NewCodec(ring)
	temporal := s.TemporalClient()
	events, opened := 0, 0
	for _, run := range s.Runs(temporal, `WorkflowType = "Conversation"`, 1) {
		id := run.GetExecution()
		description, err := temporal.DescribeWorkflow(context.Background(), id.GetWorkflowId(), id.GetRunId())
		require.NoError(t, err)
		all.requireAbsent(t, "description of the run", []byte(protojson.Format(description.RawResponse)))
		history := s.History(temporal, id.GetWorkflowId(), id.GetRunId())
		for _, event := range history {
			all.requireAbsent(t, "history event "+event.GetEventType().String(), []byte(protojson.Format(event)))
			events++
		}
		require.NoError(t, proxy.VisitPayloads(t.Context(), &historypb.History{Events: history}, proxy.VisitPayloadsOptions{
			SkipSearchAttributes: true,
			Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
				plain, err := codec.Decode(payloads)
				for i, p := range plain {
					require.NotEqual(t, payloads[i].GetMetadata()["encoding"], p.GetMetadata()["encoding"], "every payload was sealed")
					all.requireAbsent(t, "an opened payload", p.GetData())
					opened++
				}
				return payloads, err
			},
		}))
	}
	require.Greater(t, events, 40)
	require.Greater(t, opened, 20)
}

// searchTables searches every row as text. Postgres shows bytes as hex, which is one of the forms that a canary has.
func searchTables(t *testing.T, s *harness.System, all canaries) {
	t.Helper()
	db, err := sqlx.Connect("postgres", s.Setting("DATABASE_URL"))
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // it was only read
	var tables []string
	require.NoError(t, db.Select(&tables, `select tablename from pg_tables where schemaname = 'public'`))
	filled := map[string]bool{}
	for _, table := range tables {
		var rows []string
		require.NoError(t, db.Select(&rows, `select t::text from `+table+` t`))
		for _, row := range rows {
			all.requireAbsent(t, "table "+table, []byte(row))
			filled[table] = true
		}
	}
	for _, table := range []string{"messages", "notes", "commands", "turns", "customers", "accounts", "account_secrets", "access_tokens", "bots", "audit", "feed", "routing_traces"} {
		require.True(t, filled[table], table)
	}
}

// searchAnswers asks everything that can be asked with GET, about everything that there is, as everybody.
func searchAnswers(t *testing.T, s *harness.System, secrets canaries) {
	t.Helper()
	s.Command("demo") // so that there is something of everything
	description, err := os.ReadFile("../../../api/openapi.yaml")
	require.NoError(t, err)
	ids := func(list string) (all []string) {
		var out struct{ Items []struct{ ID string } }
		_, body := s.Call(http.MethodGet, "http://"+s.HTTPAddr+list, nil, nil)
		require.NoError(t, json.Unmarshal(body, &out), list)
		for _, item := range out.Items {
			all = append(all, item.ID)
		}
		return all
	}
	answers := 0
	ask := func(path string) {
		for _, token := range []string{s.AdminToken, secrets["the agent's API token"], secrets["the AppSecret"]} {
			status, body := s.Call(http.MethodGet, "http://"+s.HTTPAddr+path, map[string]string{"Authorization": "Bearer " + token}, nil)
			require.Less(t, status, 500, path)
			secrets.requireAbsent(t, "GET "+path, body)
			answers++
		}
	}
	routes := regexp.MustCompile(`(?m)^  (/v1/\S+):\n    get:`).FindAllStringSubmatch(string(description), -1)
	require.Greater(t, len(routes), 20)
	for _, route := range routes {
		list, rest, one := strings.Cut(route[1], "/{id}")
		switch {
		case route[1] == "/v1/events": // never ends; its rows stand in the table feed
		case one:
			for _, id := range ids(list) {
				ask(list + "/" + id + rest)
			}
		default:
			ask(route[1])
		}
	}
	ask("/v1/rulesets/export?workstream_id=" + harness.DefaultWorkstream)
	ask("/v1/conversations?cursor=" + url.QueryEscape(secrets["the AppSecret"]))
	ask("/wechat/" + s.DemoAccount() + "?signature=" + url.QueryEscape(secrets["the Token"]))
	require.Greater(t, answers, 100)
	for _, addr := range []string{s.OpsAddr, s.WorkerOpsAddr(), s.HTTPAddr} {
		for _, path := range []string{"/healthz", "/readyz", "/codec/sign-in", "/", "/debug/vars"} {
			_, body := s.Call(http.MethodGet, "http://"+addr+path, nil, nil)
			secrets.requireAbsent(t, "GET "+addr+path, body)
		}
	}
	for _, body := range []map[string]any{ // refused, with a secret in the wrong place
		{"name": "x", "app_id": secrets["the AppSecret"], "app_secret": secrets["the EncodingAESKey"], "token": secrets["the bot's secret"]},
		{"name": []string{secrets["the Token"]}},
	} {
		status, answer := s.Call(http.MethodPost, "http://"+s.HTTPAddr+"/v1/accounts", nil, body)
		require.Equal(t, http.StatusUnprocessableEntity, status)
		secrets.requireAbsent(t, "a refusal", answer)
	}
}
