package e2e_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/cookiejar"
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

	"wxdesk/internal/postgres"
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

// TestS1_S16_canariesAppearNowhere lives through everything that holds content or a secret, with logs at their most
// talkative, and then looks for all of it, in whatever shape: in what every process logged and printed, in the metrics of
// both listeners, in Temporal's histories as they are and with the codec taken off, in every row of every table, in every
// answer of every GET, and in every file on disk.
func TestS1_S16_canariesAppearNowhere(t *testing.T) {
	t.Parallel()
	s := start(t, "WXDESK_LOG_LEVEL=debug")
	content := canaries{
		"what the customer said": saidByCustomer, "what the bot said": saidByBot, "the bot's reason": botsReason,
		"the bot's summary": botsSummary, "a context value of the bot": contextValue, "a context value": otherContext,
		"the agent's reply": saidByAgent, "the agent's note": agentsNote, "the openid": canaryOpenID,
	}
	secrets := s.livesThroughEverything(t)
	all := canaries{}
	for _, some := range []canaries{content, secrets} {
		for name, value := range some {
			require.Greater(t, len(value), 12, name)
			all[name] = value
		}
	}

	for _, addr := range []string{s.ops, s.workerOps()} {
		_, metrics := s.call(http.MethodGet, "http://"+addr+"/metrics", nil, nil)
		require.Contains(t, string(metrics), "temporal_")
		all.absent(t, "metrics of "+addr, metrics)
	}
	s.lookThroughHistories(t, all)
	s.lookThroughTables(t, all)
	s.lookThroughAnswers(t, secrets)
	s.opensPayloadsForAdmins(t)

	s.stop()                                                                     // so that everything is on disk
	out := regexp.MustCompile(`ticket=\S+`).ReplaceAllString(s.out.String(), "") // which is for the terminal
	all.absent(t, "what wxdesk dev prints", []byte(out))
	files := 0
	require.NoError(t, filepath.WalkDir(filepath.Join(s.dir, ".wxdesk"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "simulator.jsonl") || d.Name() == "env" || d.Name() == "secrets.json" {
			return err // WeChat's own memory, and the settings, which hold secrets by purpose
		}
		text, err := os.ReadFile(path)
		all.absent(t, path, text)
		files++
		return err
	}))
	require.Greater(t, files, 50)
	for _, process := range []string{"api", "worker", "temporal", "postgres", "simulator"} {
		text, err := os.ReadFile(filepath.Join(s.dir, ".wxdesk", "log", process+".log"))
		require.NoError(t, err)
		require.NotEmpty(t, text, process)
		require.NotContains(t, string(text), "ticket=")
	}
}

// livesThroughEverything has a conversation with a bot and an agent, with failures, and returns the secrets that were used.
func (s *system) livesThroughEverything(t *testing.T) canaries {
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
	s.sets("/v1/workstreams/"+defaultWorkstream, map[string]any{"variables": []map[string]any{{"name": "order"}, {"name": "other"}}})
	hooked := s.create("/v1/bots", map[string]any{"kind": "webhook", "name": "Canary", "url": bot.URL, "secret": hook})
	account := s.demoAccount()
	s.sets("/v1/accounts/"+account, map[string]any{"bot_id": hooked})

	s.simulator(http.MethodPost, "/accounts/"+demoAppID+"/followers", map[string]any{"openid": canaryOpenID, "quiet": true}, nil)
	c := s.customerOf(demoAppID, canaryOpenID)
	ann := s.agent("Ann").opens()
	require.True(t, c.manages(saidByCustomer))
	c.gets(1, 20*time.Second)
	s.simulator(http.MethodPost, "/faults", map[string]any{"kind": "errcode", "errcode": 40001, "app_id": demoAppID, "path": "/cgi-bin/message/custom/send"}, nil)
	require.True(t, c.manages(saidByCustomer+" again"))
	c.gets(2, 30*time.Second)
	require.True(t, c.manages(saidByCustomer+" 你好"))
	id := ann.takes(1)
	ann.must("reply", id, map[string]any{"text": saidByAgent})
	ann.must("note", id, map[string]any{"text": agentsNote})
	ann.must("set-context", id, map[string]any{"context": map[string]any{"other": otherContext}})
	s.until(20*time.Second, "the reply is on the phone", func() bool { return slices.Contains(c.answers(), saidByAgent) })
	_, about := s.call(http.MethodGet, "http://"+s.http+"/v1/conversations/"+id, nil, nil)
	for _, held := range []string{contextValue, otherContext, canaryOpenID} {
		require.Contains(t, string(about), held, "it is where it belongs")
	}
	ann.must("end", id, nil)
	ann.must("close", id, nil)
	s.stands(id, "closed agent", 20*time.Second)

	var atWeChat struct {
		Items []struct {
			AppSecret      string `json:"app_secret"`
			Token          string
			EncodingAESKey string `json:"encoding_aes_key"`
		}
	}
	s.simulator(http.MethodGet, "/accounts", nil, &atWeChat)
	theirs := atWeChat.Items[0]
	master := s.setting("WXDESK_MASTER_KEYS")
	ring, err := secret.ParseKeyring(secret.New(master))
	require.NoError(t, err)
	db, err := postgres.Open(t.Context(), s.setting("DATABASE_URL"), ring)
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // it was only read
	access, err := db.Token(t.Context(), account)
	require.NoError(t, err)
	dsn, err := url.Parse(s.setting("DATABASE_URL"))
	require.NoError(t, err)
	password, _ := dsn.User.Password()
	_, masterKey, _ := strings.Cut(master, ":")
	return canaries{
		"the AppSecret": theirs.AppSecret, "the Token": theirs.Token, "the EncodingAESKey": theirs.EncodingAESKey,
		"the access token": access.Value.Reveal(), "the bot's secret": hook, "the master key": masterKey, "the admin's API token": s.token,
		"the agent's API token": ann.token, "the database's password": password,
	}
}

// lookThroughHistories looks at them as an operator without the keys sees them, and as one who can take the codec off.
func (s *system) lookThroughHistories(t *testing.T, all canaries) {
	t.Helper()
	ring, err := secret.ParseKeyring(secret.New(s.setting("WXDESK_MASTER_KEYS")))
	require.NoError(t, err)
	codec := temporalclient.NewCodec(ring)
	temporal := s.temporalClient()
	events, opened := 0, 0
	for _, run := range s.executions(temporal, `WorkflowType = "Conversation"`, 1) {
		id := run.GetExecution()
		description, err := temporal.DescribeWorkflow(context.Background(), id.GetWorkflowId(), id.GetRunId())
		require.NoError(t, err)
		all.absent(t, "description of the run", []byte(protojson.Format(description.RawResponse)))
		history := s.history(temporal, id.GetWorkflowId(), id.GetRunId())
		for _, event := range history {
			all.absent(t, "history event "+event.GetEventType().String(), []byte(protojson.Format(event)))
			events++
		}
		require.NoError(t, proxy.VisitPayloads(t.Context(), &historypb.History{Events: history}, proxy.VisitPayloadsOptions{
			SkipSearchAttributes: true,
			Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
				plain, err := codec.Decode(payloads)
				for i, p := range plain {
					require.NotEqual(t, payloads[i].GetMetadata()["encoding"], p.GetMetadata()["encoding"], "every payload was sealed")
					all.absent(t, "an opened payload", p.GetData())
					opened++
				}
				return payloads, err
			},
		}))
	}
	require.Greater(t, events, 40)
	require.Greater(t, opened, 20)
}

// lookThroughTables looks at every row as text. Postgres shows bytes as hex, which is one of a canary's shapes.
func (s *system) lookThroughTables(t *testing.T, all canaries) {
	t.Helper()
	db, err := sqlx.Connect("postgres", s.setting("DATABASE_URL"))
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // it was only read
	var tables []string
	require.NoError(t, db.Select(&tables, `select tablename from pg_tables where schemaname = 'public'`))
	filled := map[string]bool{}
	for _, table := range tables {
		var rows []string
		require.NoError(t, db.Select(&rows, `select t::text from `+table+` t`))
		for _, row := range rows {
			all.absent(t, "table "+table, []byte(row))
			filled[table] = true
		}
	}
	for _, table := range []string{"messages", "notes", "commands", "turns", "customers", "accounts", "account_secrets", "access_tokens", "bots", "audit", "feed", "routing_traces"} {
		require.True(t, filled[table], table)
	}
}

// lookThroughAnswers asks everything that can be asked with GET, of every thing that there is, as everybody.
func (s *system) lookThroughAnswers(t *testing.T, secrets canaries) {
	t.Helper()
	s.wxdesk("demo") // so that there is something of everything
	description, err := os.ReadFile("../../api/openapi.yaml")
	require.NoError(t, err)
	ids := func(list string) (all []string) {
		var out struct{ Items []struct{ ID string } }
		_, body := s.call(http.MethodGet, "http://"+s.http+list, nil, nil)
		require.NoError(t, json.Unmarshal(body, &out), list)
		for _, item := range out.Items {
			all = append(all, item.ID)
		}
		return all
	}
	answers := 0
	ask := func(path string) {
		for _, token := range []string{s.token, secrets["the agent's API token"], secrets["the AppSecret"]} {
			status, body := s.call(http.MethodGet, "http://"+s.http+path, map[string]string{"Authorization": "Bearer " + token}, nil)
			require.Less(t, status, 500, path)
			secrets.absent(t, "GET "+path, body)
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
	ask("/v1/rulesets/export?workstream_id=" + defaultWorkstream)
	ask("/v1/conversations?cursor=" + url.QueryEscape(secrets["the AppSecret"]))
	ask("/wechat/" + s.demoAccount() + "?signature=" + url.QueryEscape(secrets["the Token"]))
	require.Greater(t, answers, 100)
	for _, addr := range []string{s.ops, s.workerOps(), s.http} {
		for _, path := range []string{"/healthz", "/readyz", "/codec/sign-in", "/", "/debug/vars"} {
			_, body := s.call(http.MethodGet, "http://"+addr+path, nil, nil)
			secrets.absent(t, "GET "+addr+path, body)
		}
	}
	for _, body := range []map[string]any{ // refused, with a secret in the wrong place
		{"name": "x", "app_id": secrets["the AppSecret"], "app_secret": secrets["the EncodingAESKey"], "token": secrets["the bot's secret"]},
		{"name": []string{secrets["the Token"]}},
	} {
		status, answer := s.call(http.MethodPost, "http://"+s.http+"/v1/accounts", nil, body)
		require.Equal(t, http.StatusUnprocessableEntity, status)
		secrets.absent(t, "a refusal", answer)
	}
}

// opensPayloadsForAdmins asks the running codec endpoint as programs and as the Web UI's page do.
func (s *system) opensPayloadsForAdmins(t *testing.T) {
	t.Helper()
	temporal := s.temporalClient()
	run := s.executions(temporal, `WorkflowType = "Conversation"`, 1)[0].GetExecution()
	input := s.history(temporal, run.GetWorkflowId(), run.GetRunId())[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	body, err := protojson.Marshal(input)
	require.NoError(t, err)
	ui := s.setting("WXDESK_CODEC_ORIGIN")
	decode := func(client *http.Client, header map[string]string) (int, string) {
		req, err := http.NewRequest(http.MethodPost, "http://"+s.ops+"/codec/decode", bytes.NewReader(body))
		require.NoError(t, err)
		for name, value := range header {
			req.Header.Set(name, value)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := client.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close() //nolint:errcheck // read below
		var out commonpb.Payloads
		var text bytes.Buffer
		_, err = text.ReadFrom(resp.Body)
		require.NoError(t, err)
		if resp.StatusCode != http.StatusOK {
			return resp.StatusCode, ""
		}
		require.NoError(t, protojson.Unmarshal(text.Bytes(), &out))
		return resp.StatusCode, string(out.GetPayloads()[0].GetData())
	}
	status, _ := decode(http.DefaultClient, nil)
	require.Equal(t, http.StatusUnauthorized, status)
	status, _ = decode(http.DefaultClient, map[string]string{"Origin": ui})
	require.Equal(t, http.StatusUnauthorized, status)
	status, text := decode(http.DefaultClient, map[string]string{"Authorization": "Bearer " + s.token})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, s.demoAccount())

	link := regexp.MustCompile(`http://\S+/codec/sign-in\?ticket=\S+`).FindString(s.out.String())
	require.NotEmpty(t, link, "wxdesk dev prints a link")
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Jar: jar}
	page, form, _ := strings.Cut(link, "?") // its query is what the page's button sends
	resp, err := browser.Post(page, "application/x-www-form-urlencoded", strings.NewReader(form))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)
	status, text = decode(browser, map[string]string{"Origin": ui})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, s.demoAccount())
	status, _ = decode(browser, map[string]string{"Origin": "http://" + s.sim})
	require.Equal(t, http.StatusForbidden, status)
	log, err := os.ReadFile(filepath.Join(s.dir, ".wxdesk", "log", "api.log"))
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(log), `msg="codec endpoint used"`))
	require.Equal(t, 1, strings.Count(string(log), `actor="wxdesk dev" route="POST /codec/decode" count=1`))
}

// canaries are values that must not appear, by what they are.
type canaries map[string]string

// absent fails the test for every canary that stands in a text, as it is, in hex, in base64 or as in a URL.
func (c canaries) absent(t *testing.T, where string, text []byte) {
	t.Helper()
	for name, value := range c {
		for _, form := range forms(value) {
			if i := bytes.Index(text, []byte(form)); i >= 0 {
				t.Errorf("%s holds %s as %q: …%q…", where, name, form, text[max(0, i-60):min(len(text), i+60)])
			}
		}
	}
}

// forms are the shapes in which a value may hide.
func forms(values ...string) (all []string) {
	for _, v := range values {
		all = append(all, v, hex.EncodeToString([]byte(v)), strings.ToUpper(hex.EncodeToString([]byte(v))), url.QueryEscape(v))
		for shift := range 3 { // base64 inside a longer text begins at any of three places
			for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				encoded := alphabet.EncodeToString([]byte(strings.Repeat("x", shift) + v))
				all = append(all, encoded[(shift*8+5)/6:len(encoded)-1])
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// setting is a line of .wxdesk/env.
func (s *system) setting(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, ".wxdesk", "env"))
	require.NoError(s.t, err)
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			return value
		}
	}
	s.t.Fatalf("no %s in .wxdesk/env", name)
	return ""
}
