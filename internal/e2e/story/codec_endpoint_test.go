package story_test

import (
	"bytes"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"wxdesk/internal/e2e/harness"
)

// requireCodecForAdminsOnly asks the codec endpoint as programs do and as the page of Temporal's Web UI does. It fails the test unless only
// administrators see plain payloads.
func requireCodecForAdminsOnly(t *testing.T, s *harness.System) {
	t.Helper()
	temporal := s.TemporalClient()
	run := s.Runs(temporal, `WorkflowType = "Conversation"`, 1)[0].GetExecution()
	input := s.History(temporal, run.GetWorkflowId(), run.GetRunId())[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	body, err := protojson.Marshal(input)
	require.NoError(t, err)
	ui := s.Setting("WXDESK_CODEC_ORIGIN")
	decode := func(client *http.Client, header map[string]string) (int, string) {
		req, err := http.NewRequest(http.MethodPost, "http://"+s.OpsAddr+"/codec/decode", bytes.NewReader(body))
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
	status, text := decode(http.DefaultClient, map[string]string{"Authorization": "Bearer " + s.AdminToken})
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, text, s.DemoAccount())

	link := regexp.MustCompile(`http://\S+/codec/sign-in\?ticket=\S+`).FindString(s.Out.String())
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
	require.Contains(t, text, s.DemoAccount())
	status, _ = decode(browser, map[string]string{"Origin": "http://" + s.SimulatorAddr})
	require.Equal(t, http.StatusForbidden, status)
	log, err := os.ReadFile(filepath.Join(s.Dir, ".wxdesk", "log", "api.log"))
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(string(log), `msg="codec endpoint used"`))
	require.Equal(t, 1, strings.Count(string(log), `actor="wxdesk dev" route="POST /codec/decode" count=1`))
}
