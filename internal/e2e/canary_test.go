package e2e_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protojson"
)

// S1 and S16: what a customer wrote and who it was appear in no log, history, search attribute, metric or stored file but
// sealed, and neither does an account's secret.
func TestS16_canariesAppearNowhere(t *testing.T) {
	t.Parallel()
	s := start(t)
	const text, openID = "canary-text-4b1f93d2", "oCanary-2f7c61-0000000000000"
	s.simulator(http.MethodPost, "/accounts/"+demoAppID+"/followers", map[string]any{"openid": openID, "quiet": true}, nil)
	c := customer{s, demoAppID, openID}
	for n, say := range []string{text, text + " human please", text + " 你好"} {
		require.True(t, c.manages(say))
		if n < 2 {
			c.gets(n+1, 10*time.Second)
		}
	}
	require.Equal(t, http.StatusOK, s.api(http.MethodPost, "/v1/conversations/"+c.talks()[0].ID+"/close",
		map[string]string{"Idempotency-Key": "canary"}, nil, nil))

	var account struct {
		Items []struct {
			AppSecret      string `json:"app_secret"`
			Token          string
			EncodingAESKey string `json:"encoding_aes_key"`
		}
	}
	s.simulator(http.MethodGet, "/accounts", nil, &account)
	secrets := account.Items[0]
	master := s.setting("WXDESK_MASTER_KEYS")
	_, masterKey, _ := strings.Cut(master, ":")
	canaries := forms(text, openID, secrets.AppSecret, secrets.Token, secrets.EncodingAESKey, masterKey, s.token)

	seen := map[string][]byte{}
	for _, addr := range []string{s.ops, next(t, s.ops)} {
		_, metrics := s.call(http.MethodGet, "http://"+addr+"/metrics", nil, nil)
		require.Contains(t, string(metrics), "temporal_")
		seen["metrics of "+addr] = metrics
	}
	temporal := s.temporalClient()
	for _, run := range s.executions(temporal, `WorkflowType = "Conversation"`, 1) {
		id := run.GetExecution()
		description, err := temporal.DescribeWorkflowExecution(context.Background(), id.GetWorkflowId(), id.GetRunId())
		require.NoError(t, err)
		seen["description of the run"] = []byte(protojson.Format(description))
		for _, event := range s.history(temporal, id.GetWorkflowId(), id.GetRunId()) {
			seen["history event "+event.GetEventType().String()+protojson.Format(event)[:40]] = []byte(protojson.Format(event))
		}
	}
	s.stop() // so that everything is on disk
	require.NoError(t, filepath.WalkDir(filepath.Join(s.dir, ".wxdesk"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), "simulator.jsonl") || d.Name() == "env" || d.Name() == "secrets.json" {
			return err // WeChat's own memory, and the settings, which hold secrets by purpose
		}
		content, err := os.ReadFile(path)
		seen[path] = content
		return err
	}))
	require.Greater(t, len(seen), 50)
	for where, content := range seen {
		for _, canary := range canaries {
			if i := bytes.Index(content, []byte(canary)); i >= 0 {
				t.Errorf("%s holds %q: …%q…", where, canary, content[max(0, i-60):min(len(content), i+60)])
			}
		}
	}
}

// forms are the shapes in which a value may hide.
func forms(values ...string) []string {
	var all []string
	for _, v := range values {
		all = append(all, v, hex.EncodeToString([]byte(v)), url.QueryEscape(v))
		for shift := range 3 { // base64 inside a longer text begins at any of three places
			encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + v))
			all = append(all, strings.TrimRight(encoded, "=")[(shift*8+5)/6:len(strings.TrimRight(encoded, "="))-1])
		}
	}
	return all
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
