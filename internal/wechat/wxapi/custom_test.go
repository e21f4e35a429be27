package wxapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

func TestSendText_sendsOnceWithTheStoredToken(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	got := client(t, p, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, "你好")
	require.Equal(t, wechat.SendOutcome{Status: wechat.SendSent}, got)
	sends, asked := p.seen()
	require.Equal(t, []sent{{tokenA, `{"touser":"oyORnuP8q7ou2gfYjqLzSIWZf0rs","msgtype":"text","text":{"content":"你好"}}`}}, sends)
	require.Empty(t, asked)
}

// ACC-4
func TestSendText_writesRawUTF8(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<a href="https://x/?a=1&b=2">x</a>`: `"<a href=\"https://x/?a=1&b=2\">x</a>"`,
		"a\nb\tc\r\\":                        `"a\nb\tc\r\\"`,
		"😀\u2028\u2029\u200D":                "\"😀\u2028\u2029\u200D\"",
		`\u4e2d`:                             `"\\u4e2d"`,
		"a\x01b\xffc":                        "\"a\\u0001b\uFFFDc\"",
	} {
		p := newPlatform(t)
		got := client(t, p, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, text)
		require.Equal(t, wechat.SendSent, got.Status)
		sends, _ := p.seen()
		require.Contains(t, sends[0].body, `{"content":`+want+`}}`)
		require.True(t, json.Valid([]byte(sends[0].body)))
	}
}

// W02, ACC-8
func TestSendText_refusalsAreFinal(t *testing.T) {
	t.Parallel()
	for answer, reason := range map[string]string{
		`{"errcode":45015,"errmsg":"response out of time limit"}`:      "reply-window-closed",
		`{"errcode":45047,"errmsg":"out of response count limit"}`:     "reply-count-spent",
		`{"errcode":45002,"errmsg":"content size out of limit"}`:       "content-too-long",
		`{"errcode":40003,"errmsg":"invalid openid"}`:                  "customer-unknown",
		`{"errcode":43004,"errmsg":"require subscribe"}`:               "customer-not-following",
		`{"errcode":48001,"errmsg":"api unauthorized"}`:                "api-unauthorized",
		`{"errcode":40164,"errmsg":"invalid ip 1.2.3.4"}`:              "address-not-on-list",
		`{"errcode":"45015","errmsg":"a number as a string (W04)"}`:    "reply-window-closed",
		`{"errmsg":"in any order","errcode":45047,"more":{"x":[1]}}`:   "reply-count-spent",
		`{"errcode":45015,"errmsg":"TOKEN-A-canary is in here (W10)"}`: "reply-window-closed",
	} {
		p := newPlatform(t)
		p.send = []http.HandlerFunc{says(answer)}
		requireOutcome(t, wechat.SendFailed, reason, client(t, p, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, "x"))
		sends, _ := p.seen()
		require.Len(t, sends, 1)
	}
}

// W03
func TestSendText_passingCodesAreLater(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC) // 22:00 in Beijing
	tests := map[string]wechat.SendOutcome{
		`{"errcode":-1,"errmsg":"system error"}`: {Status: wechat.SendLater, Code: -1, Reason: "wechat-busy", After: time.Second},
		`{"errcode":"-1"}`:                       {Status: wechat.SendLater, Code: -1, Reason: "wechat-busy", After: time.Second},
		`{"errcode":45011}`:                      {Status: wechat.SendLater, Code: 45011, Reason: "minute-quota-spent", After: time.Minute},
		`{"errcode":45009}`:                      {Status: wechat.SendLater, Code: 45009, Reason: "daily-quota-spent", After: 2 * time.Hour},
	}
	for answer, want := range tests {
		p := newPlatform(t)
		p.send = []http.HandlerFunc{says(answer)}
		s := storeWith(tokenA)
		s.token.ExpiresAt = now.Add(1 << 40)
		c := wxapi.New(p.URL, httpClient(t), s, wxapi.WithClock(func() time.Time { return now }))
		require.Equal(t, want, c.SendText(t.Context(), credentials(), customer, "x"))
		sends, _ := p.seen()
		require.Len(t, sends, 1)
	}
}

// W04
func TestSendText_unknownCodesFail(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		`{"errcode":99999,"errmsg":"new"}`, `{"errcode":"abc"}`, `{"errcode":45015.5}`, `{"errcode":"+1"}`, `{"errcode":""}`,
		`{"errcode":true}`, `{"errcode":{}}`, `{"errcode":99999999999999999999}`, `{"errcode":1e999}`,
	} {
		p := newPlatform(t)
		p.send = []http.HandlerFunc{says(answer)}
		requireOutcome(t, wechat.SendFailed, "unknown-errcode", client(t, p, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, "x"))
	}
}

// W05
func TestSendText_unclearAnswerIsUnknown(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		reason string
	}{
		"empty":           {says(""), wechat.ReasonAnswerUnclear},
		"HTML":            {says("<html>busy</html>"), wechat.ReasonAnswerUnclear},
		"cut JSON":        {says(`{"errcode":0,"err`), wechat.ReasonAnswerUnclear},
		"trailing data":   {says(ok + ok), wechat.ReasonAnswerUnclear},
		"no errcode":      {says(`{}`), wechat.ReasonAnswerUnclear},
		"null errcode":    {says(`{"errcode":null}`), wechat.ReasonAnswerUnclear},
		"null":            {says(`null`), wechat.ReasonAnswerUnclear},
		"array":           {says(`[0]`), wechat.ReasonAnswerUnclear},
		"500":             {status(500, ok), wechat.ReasonServerError},
		"502 HTML":        {status(502, "<html>"), wechat.ReasonServerError},
		"404":             {status(404, ""), wechat.ReasonServerError},
		"201":             {status(201, ok), wechat.ReasonServerError},
		"204":             {status(204, ""), wechat.ReasonServerError},
		"hung up":         {hangUp, wechat.ReasonUnanswered},
		"cut body":        {cutBody, wechat.ReasonUnanswered},
		"gzip unasked":    {says("\x1f\x8b\x08garbage"), wechat.ReasonAnswerUnclear},
		"garbage headers": {garbage, wechat.ReasonUnanswered},
	} {
		p := newPlatform(t)
		p.send = []http.HandlerFunc{tt.answer}
		got := client(t, p, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, "x")
		require.Equalf(t, wechat.SendOutcome{Status: wechat.SendUnknown, Reason: tt.reason}, got, name)
		sends, _ := p.seen()
		require.Lenf(t, sends, 1, name)
	}
}

func cutBody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	_, _ = w.Write([]byte(ok))
	panic(http.ErrAbortHandler)
}

func garbage(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = conn.Write([]byte("SSH-2.0-OpenSSH\r\n\r\n"))
	_ = conn.Close()
}

// W07
func TestSendText_followsNoRedirectCutsAnswers(t *testing.T) {
	t.Parallel()
	for _, code := range []int{301, 302, 303, 307, 308} {
		p := newPlatform(t)
		p.send = []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/cgi-bin/message/custom/send", code)
		}}
		requireOutcome(t, wechat.SendUnknown, wechat.ReasonServerError, client(t, p, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, "x"))
		sends, _ := p.seen()
		require.Len(t, sends, 1)
	}

	p := newPlatform(t)
	written := make(chan int, 1)
	p.send = []http.HandlerFunc{func(w http.ResponseWriter, _ *http.Request) {
		n, chunk := 0, make([]byte, 64<<10)
		for range 16 << 10 { // 1 GB, if anybody read it
			k, err := w.Write(chunk)
			n += k
			if err != nil {
				break
			}
		}
		written <- n
	}}
	requireOutcome(t, wechat.SendUnknown, wechat.ReasonAnswerUnclear, client(t, p, storeWith(tokenA)).SendText(t.Context(), credentials(), customer, "x"))
	require.Less(t, <-written, 64<<20)
}
