package simulator_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
			w := newWorld(t)
			w.do("PATCH", "/_sim/accounts/"+appID, `{"mode":"`+mode+`"}`, 200)
			verdict, attempts := w.say("你好 ]]> <b>&amp;")
			require.Equal(t, "accepted", verdict)
			require.Equal(t, 1, attempts)

			got := w.server.received()[0]
			require.Equal(t, query, keys(got.query))
			require.Equal(t, openID, got.query.Get("openid"))
			require.Regexp(t, `^\d{9}$`, got.query.Get("nonce"))
			require.Equal(t, "text/xml", got.header.Get("Content-Type"))
			require.Equal(t, "Mozilla/4.0", got.header.Get("User-Agent"))
			require.Equal(t, "*/*", got.header.Get("Accept"))
			require.Equal(t, "no-cache", got.header.Get("Pragma"))
			require.Equal(t, "close", got.header.Get("Connection"))
			require.Empty(t, got.header.Get("Accept-Encoding"))
			require.Equal(t, mode != "plain", got.safe)

			m := got.message
			require.Equal(t, "你好 ]]> <b>&amp;", m.Content)
			require.Equal(t, originalID, m.ToUserName)
			require.Equal(t, openID, m.FromUserName)
			require.Len(t, strconv.FormatInt(m.MsgID, 10), 19)
			require.Equal(t, strconv.FormatInt(m.CreateTime, 10), got.query.Get("timestamp"))
			require.Equal(t, mode == "safe", !strings.Contains(got.body, "FromUserName"))
			require.True(t, strings.HasPrefix(got.inner, "<xml><ToUserName><![CDATA["+originalID+"]]></ToUserName>\n<FromUserName>"), got.inner)
		})
	}
}

func TestCallback_isRepeatedWithTheSameMsgIdUntilAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.answers(func(in received) (int, string) {
		if in.n < 2 {
			return 500, ""
		}
		return 200, ""
	})
	verdict, attempts := w.say("hello")
	require.Equal(t, "accepted", verdict)
	require.Equal(t, 3, attempts)

	got := w.server.received()
	require.Len(t, got, 3)
	require.Equal(t, got[0].inner, got[2].inner, "the document is the same, CreateTime and MsgId included")
	require.NotEqual(t, got[0].query.Get("nonce"), got[1].query.Get("nonce"))
	require.Empty(t, w.heard(), "an empty answer shows nothing")
	require.Equal(t, "accepted", w.screen()[0].Verdict)
	require.Equal(t, 3, w.screen()[0].Attempts)
}

func TestCallback_keepsItsNonceWhereTheSettingSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("PATCH", "/_sim/settings", `{"same_nonce":true}`, 200)
	w.server.answers(func(in received) (int, string) { return map[bool]int{true: 500, false: 200}[in.n == 0], "success" })
	w.say("hello")
	got := w.server.received()
	require.Equal(t, got[0].query.Get("nonce"), got[1].query.Get("nonce"))
	require.Equal(t, got[0].query.Get("timestamp"), got[1].query.Get("timestamp"))
}

func TestCallback_endsWithTheFaultNoticeAfterTheLastAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.server.answers(func(received) (int, string) { return 503, "success" })
	verdict, attempts := w.say("hello")
	require.Equal(t, "failed", verdict)
	require.Equal(t, 3, attempts)
	require.Equal(t, []string{"notice: 该公众号提供的服务出现故障，请稍后再试"}, w.heard())
	for _, a := range w.attempts() {
		require.Equal(t, "failed", a.Verdict)
		require.Equal(t, "HTTP status 503", a.Reason)
	}
	list := w.attempts()
	require.GreaterOrEqual(t, list[1].At.Sub(list[0].At), 30*time.Millisecond, "a fast failure is not repeated at once")
}

func TestCallback_isClosedAtTheLimitAndRepeatedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("PATCH", "/_sim/settings", `{"timeout":"400ms","retry_after":"10s"}`, 200)
	w.server.answers(func(in received) (int, string) {
		if in.n == 0 {
			<-in.gone // the server sees the connection close; its answer meets nobody
		}
		return 200, "success"
	})
	verdict, attempts := w.say("hello")
	require.Equal(t, "accepted", verdict)
	require.Equal(t, 2, attempts)
	first := w.attempts()[0]
	require.Equal(t, "no answer within 400ms", first.Reason)
	require.GreaterOrEqual(t, first.TookMS, int64(390), "whole milliseconds of two clocks")
}

func TestCallback_countsARefusedConnectionAsFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("PATCH", "/_sim/accounts/"+appID, `{"callback_url":"http://127.0.0.1:1/"}`, 200)
	verdict, _ := w.say("hello")
	require.Equal(t, "failed", verdict)
	require.Contains(t, w.attempts()[0].Reason, "connection refused")
	require.NotContains(t, w.attempts()[0].Reason, openID)
}

func TestCallback_followsNoRedirect(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/old", func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "/new", http.StatusMovedPermanently)
	})
	w.do("PATCH", "/_sim/accounts/"+appID, `{"callback_url":"`+serve(t, mux)+`/old"}`, 200)
	verdict, _ := w.say("hello")
	require.Equal(t, "failed", verdict)
	require.Equal(t, 301, w.attempts()[0].Status)
}

func TestCallbacks_ofOneCustomerDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := make(chan struct{})
	w.server.answers(func(in received) (int, string) {
		if in.message.Content == "two" {
			close(second)
		}
		<-second
		return 200, "success"
	})
	w.do("POST", w.path("followers/"+openID+"/say"), `{"text":"one"}`, 202)
	verdict, _ := w.say("two")
	require.Equal(t, "accepted", verdict)
	eventually(t, func() bool { return w.screen()[0].Verdict == "accepted" }, "the first ends too")
}

func TestCallbacks_areBoundedOverall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("PATCH", "/_sim/settings", `{"concurrency":2}`, 200)
	gate := make(chan struct{})
	w.server.answers(func(received) (int, string) {
		<-gate
		return 200, "success"
	})
	for range 20 {
		w.do("POST", w.path("followers/"+openID+"/say"), `{"text":"x"}`, 202)
	}
	eventually(t, func() bool { return len(w.server.received()) == 2 }, "as many as there is room for")
	begun := 0
	for _, it := range w.screen() {
		begun += it.Attempts
	}
	require.Equal(t, 2, begun, "the others wait")
	close(gate)
	eventually(t, func() bool { return len(w.attempts()) == 20 }, "all are told in the end")
}

func TestMsgId_increasesOverProcessesAndResets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say("one")
	w.say("two")
	w.do("POST", "/_sim/reset", "", 200)
	server := w.server
	v := newWorld(t) // another process that knows nothing of the first
	v.say("three")
	got := append(server.received(), v.server.received()...)
	require.Less(t, got[0].message.MsgID, got[1].message.MsgID)
	require.Less(t, got[1].message.MsgID, got[2].message.MsgID)
}

func TestVerify_passesOnlyTheBareEchostr(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		answer func(received) (int, string)
		ok     bool
		reason string
	}{
		"echostr":      {func(in received) (int, string) { return 200, in.query.Get("echostr") }, true, ""},
		"line end":     {func(in received) (int, string) { return 200, in.query.Get("echostr") + "\n" }, false, "the body is not the echostr"},
		"quotes":       {func(in received) (int, string) { return 200, `"` + in.query.Get("echostr") + `"` }, false, "the body is not the echostr"},
		"other status": {func(in received) (int, string) { return 201, in.query.Get("echostr") }, false, "HTTP status 201"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.server.answers(row.answer)
			out := w.do("POST", w.path("verify"), "", 200)
			require.Equal(t, row.ok, out["ok"])
			require.Equal(t, row.reason, out["reason"])
			q := w.server.received()[0].query
			require.Equal(t, []string{"echostr", "nonce", "signature", "tenant", "timestamp"}, keys(q), "in safe mode too")
		})
	}
}

func TestVerify_savesTheNewConfigurationOnlyIfItPasses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("POST", w.path("verify"), `{"token":"another1"}`, 200)
	require.Equal(t, token, w.do("GET", "/_sim/accounts/"+appID, "", 200)["token"], "the server answered success, not the echostr")
	w.server.answers(func(in received) (int, string) { return 200, in.query.Get("echostr") })
	w.do("POST", w.path("verify"), `{"token":"another1"}`, 200)
	require.Equal(t, "another1", w.do("GET", "/_sim/accounts/"+appID, "", 200)["token"])
}
