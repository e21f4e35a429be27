package delivery_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestCallback_looksLikeWeChatsInEveryMode(t *testing.T) {
	t.Parallel()
	for mode, query := range map[string][]string{
		"safe":       {"encrypt_type", "msg_signature", "nonce", "openid", "signature", "tenant", "timestamp"},
		"compatible": {"encrypt_type", "msg_signature", "nonce", "openid", "signature", "tenant", "timestamp"},
		"plain":      {"nonce", "openid", "signature", "tenant", "timestamp"},
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			w := simulatortest.New(t)
			w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"mode":"`+mode+`"}`, 200)
			verdict, attempts := w.Say("你好 ]]> <b>&amp;")
			require.Equal(t, "accepted", verdict)
			require.Equal(t, 1, attempts)

			got := w.Server.Received()[0]
			require.Equal(t, query, keys(got.Query))
			require.Equal(t, simulatortest.OpenID, got.Query.Get("openid"))
			require.Regexp(t, `^\d{9}$`, got.Query.Get("nonce"))
			require.Equal(t, "text/xml", got.Header.Get("Content-Type"))
			require.Equal(t, "Mozilla/4.0", got.Header.Get("User-Agent"))
			require.Equal(t, "*/*", got.Header.Get("Accept"))
			require.Equal(t, "no-cache", got.Header.Get("Pragma"))
			require.Equal(t, "close", got.Header.Get("Connection"))
			require.Empty(t, got.Header.Get("Accept-Encoding"))
			require.Equal(t, mode != "plain", got.Safe)

			m := got.Message
			require.Equal(t, "你好 ]]> <b>&amp;", m.Content)
			require.Equal(t, simulatortest.OriginalID, m.ToUserName)
			require.Equal(t, simulatortest.OpenID, m.FromUserName)
			require.Len(t, strconv.FormatInt(m.MsgID, 10), 19)
			require.Equal(t, strconv.FormatInt(m.CreateTime, 10), got.Query.Get("timestamp"))
			require.Equal(t, mode == "safe", !strings.Contains(got.Body, "FromUserName"))
			require.True(t, strings.HasPrefix(got.Inner, "<xml><ToUserName><![CDATA["+simulatortest.OriginalID+"]]></ToUserName>\n<FromUserName>"), got.Inner)
		})
	}
}

func TestCallback_repeatedUntilAccepted(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Server.Answers(func(in simulatortest.Received) (int, string) {
		if in.N < 2 {
			return 500, ""
		}
		return 200, ""
	})
	verdict, attempts := w.Say("hello")
	require.Equal(t, "accepted", verdict)
	require.Equal(t, 3, attempts)

	got := w.Server.Received()
	require.Len(t, got, 3)
	require.Equal(t, got[0].Inner, got[2].Inner, "the document is the same, CreateTime and MsgId included")
	require.NotEqual(t, got[0].Query.Get("nonce"), got[1].Query.Get("nonce"))
	require.Empty(t, w.Heard(), "an empty answer shows nothing")
	require.Equal(t, "accepted", w.Screen()[0].Verdict)
	require.Equal(t, 3, w.Screen()[0].Attempts)
}

func TestCallback_keepsItsNonceIfSet(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/settings", `{"same_nonce":true}`, 200)
	w.Server.Answers(func(in simulatortest.Received) (int, string) {
		return map[bool]int{true: 500, false: 200}[in.N == 0], "success"
	})
	w.Say("hello")
	got := w.Server.Received()
	require.Equal(t, got[0].Query.Get("nonce"), got[1].Query.Get("nonce"))
	require.Equal(t, got[0].Query.Get("timestamp"), got[1].Query.Get("timestamp"))
}

func TestCallback_endsWithTheFaultNotice(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Server.Answers(func(simulatortest.Received) (int, string) { return 503, "success" })
	verdict, attempts := w.Say("hello")
	require.Equal(t, "failed", verdict)
	require.Equal(t, 3, attempts)
	require.Equal(t, []string{"notice: 该公众号提供的服务出现故障，请稍后再试"}, w.Heard())
	for _, a := range w.Attempts() {
		require.Equal(t, "failed", a.Verdict)
		require.Equal(t, "HTTP status 503", a.Reason)
	}
	list := w.Attempts()
	require.GreaterOrEqual(t, list[1].At.Sub(list[0].At), 30*time.Millisecond, "a fast failure is not repeated at once")
}

func TestCallback_repeatedAtOnceAfterATimeout(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/settings", `{"timeout":"400ms","retry_after":"10s"}`, 200)
	w.Server.Answers(func(in simulatortest.Received) (int, string) {
		if in.N == 0 {
			<-in.Gone // the server sees the connection close; its answer meets nobody
		}
		return 200, "success"
	})
	verdict, attempts := w.Say("hello")
	require.Equal(t, "accepted", verdict)
	require.Equal(t, 2, attempts)
	first := w.Attempts()[0]
	require.Equal(t, "no answer within 400ms", first.Reason)
	require.GreaterOrEqual(t, first.TookMS, int64(390), "whole milliseconds of two clocks")
}

func TestCallback_countsARefusedConnectionAsFailed(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"callback_url":"http://127.0.0.1:1/"}`, 200)
	verdict, _ := w.Say("hello")
	require.Equal(t, "failed", verdict)
	require.Contains(t, w.Attempts()[0].Reason, "connection refused")
	require.NotContains(t, w.Attempts()[0].Reason, simulatortest.OpenID)
}

func TestCallback_followsNoRedirect(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/old", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/new", http.StatusMovedPermanently)
	})
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"callback_url":"`+serve(t, mux)+`/old"}`, 200)
	verdict, _ := w.Say("hello")
	require.Equal(t, "failed", verdict)
	require.Equal(t, 301, w.Attempts()[0].Status)
}

func TestCallbacks_ofOneCustomerRunTogether(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	second := make(chan struct{})
	w.Server.Answers(func(in simulatortest.Received) (int, string) {
		if in.Message.Content == "two" {
			close(second)
		}
		<-second
		return 200, "success"
	})
	w.Do("POST", w.Path("followers/"+simulatortest.OpenID+"/say"), `{"text":"one"}`, 202)
	verdict, _ := w.Say("two")
	require.Equal(t, "accepted", verdict)
	simulatortest.Eventually(t, func() bool { return w.Screen()[0].Verdict == "accepted" }, "the first ends too")
}

func TestCallbacks_areBoundedOverall(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/settings", `{"concurrency":2}`, 200)
	gate := make(chan struct{})
	w.Server.Answers(func(simulatortest.Received) (int, string) {
		<-gate
		return 200, "success"
	})
	for range 20 {
		w.Do("POST", w.Path("followers/"+simulatortest.OpenID+"/say"), `{"text":"x"}`, 202)
	}
	simulatortest.Eventually(t, func() bool { return len(w.Server.Received()) == 2 }, "as many as there is room for")
	begun := 0
	for _, it := range w.Screen() {
		begun += it.Attempts
	}
	require.Equal(t, 2, begun, "the others wait")
	close(gate)
	simulatortest.Eventually(t, func() bool { return len(w.Attempts()) == 20 }, "all are told in the end")
}

func TestMsgId_increasesOverProcessesAndResets(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Say("one")
	w.Say("two")
	w.Do("POST", "/_sim/reset", "", 200)
	server := w.Server
	v := simulatortest.New(t) // another process that knows nothing of the first
	v.Say("three")
	got := append(server.Received(), v.Server.Received()...)
	require.Less(t, got[0].Message.MsgID, got[1].Message.MsgID)
	require.Less(t, got[1].Message.MsgID, got[2].Message.MsgID)
}

func keys(q url.Values) []string { return slices.Sorted(maps.Keys(q)) }

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}
