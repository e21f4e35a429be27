package delivery_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestVerify_passesOnlyTheBareEchostr(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer func(simulatortest.Received) (int, string)
		ok     bool
		reason string
	}{
		"echostr":      {func(in simulatortest.Received) (int, string) { return 200, in.Query.Get("echostr") }, true, ""},
		"line end":     {func(in simulatortest.Received) (int, string) { return 200, in.Query.Get("echostr") + "\n" }, false, "the body is not the echostr"},
		"quotes":       {func(in simulatortest.Received) (int, string) { return 200, `"` + in.Query.Get("echostr") + `"` }, false, "the body is not the echostr"},
		"other status": {func(in simulatortest.Received) (int, string) { return 201, in.Query.Get("echostr") }, false, "HTTP status 201"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := simulatortest.New(t)
			w.Server.Answers(row.answer)
			out := w.Do("POST", w.Path("verify"), "", 200)
			require.Equal(t, row.ok, out["ok"])
			require.Equal(t, row.reason, out["reason"])
			q := w.Server.Received()[0].Query
			require.Equal(t, []string{"echostr", "nonce", "signature", "tenant", "timestamp"}, keys(q), "in safe mode too")
		})
	}
}

func TestVerify_savesOnlyWhatPasses(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("POST", w.Path("verify"), `{"token":"another1"}`, 200)
	require.Equal(t, simulatortest.Token, w.Do("GET", "/_sim/accounts/"+simulatortest.AppID, "", 200)["token"], "the server answered success, not the echostr")
	w.Server.Answers(func(in simulatortest.Received) (int, string) { return 200, in.Query.Get("echostr") })
	w.Do("POST", w.Path("verify"), `{"token":"another1"}`, 200)
	require.Equal(t, "another1", w.Do("GET", "/_sim/accounts/"+simulatortest.AppID, "", 200)["token"])
}
