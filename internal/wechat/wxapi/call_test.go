package wxapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// operation is a call other than a send, with what WeChat gets of it and a good answer.
type operation struct {
	request string // method, path and parameters
	body    string // JSON; "" if there is none, or it is no JSON
	answer  string
	call    func(ctx context.Context, c *wxapi.Client) error
}

const mediaID = "canary-medium"

// operations is every call that needs an access token.
func operations() []operation {
	return []operation{
		{
			"POST /cgi-bin/message/custom/typing", `{"touser":"` + string(customer) + `","command":"Typing"}`, ok,
			func(ctx context.Context, c *wxapi.Client) error { return c.Typing(ctx, credentials(), customer) },
		},
		{
			"POST /cgi-bin/message/custom/typing", `{"touser":"` + string(customer) + `","command":"CancelTyping"}`, ok,
			func(ctx context.Context, c *wxapi.Client) error { return c.CancelTyping(ctx, credentials(), customer) },
		},
		{
			"POST /cgi-bin/media/upload?type=image", "", `{"type":"image","media_id":"m","created_at":1700000000}`,
			func(ctx context.Context, c *wxapi.Client) error {
				_, err := c.UploadMedia(ctx, credentials(), picture("a picture"))
				return err
			},
		},
		{
			"GET /cgi-bin/media/get?media_id=" + mediaID, "", `{"video_url":"unused"}`,
			func(ctx context.Context, c *wxapi.Client) error {
				file, err := c.DownloadMedia(ctx, credentials(), mediaID, 1<<20)
				if err != nil {
					return err
				}
				return file.Close()
			},
		},
		{
			"GET /cgi-bin/user/info?lang=zh_CN&openid=" + string(customer), "", `{"subscribe":1,"openid":"` + string(customer) + `"}`,
			func(ctx context.Context, c *wxapi.Client) error {
				_, err := c.UserInfo(ctx, credentials(), customer)
				return err
			},
		},
		{
			"POST /cgi-bin/qrcode/create", `{"expire_seconds":60,"action_name":"QR_SCENE","action_info":{"scene":{"scene_id":7}}}`,
			`{"ticket":"t","expire_seconds":60,"url":"http://weixin.qq.com/q/x"}`,
			func(ctx context.Context, c *wxapi.Client) error {
				_, err := c.CreateQRCode(ctx, credentials(), wxapi.Scene{Number: 7}, time.Minute)
				return err
			},
		},
		{
			"POST /cgi-bin/menu/create", `{"button":[{"name":"Help","type":"click","key":"help"}]}`, ok,
			func(ctx context.Context, c *wxapi.Client) error {
				return c.CreateMenu(ctx, credentials(), []wxapi.Button{{Type: "click", Name: "Help", Key: "help"}})
			},
		},
		{
			"GET /cgi-bin/menu/get", "", `{"menu":{"button":[]}}`,
			func(ctx context.Context, c *wxapi.Client) error {
				_, err := c.Menu(ctx, credentials())
				return err
			},
		},
		{
			"GET /cgi-bin/menu/delete", "", ok,
			func(ctx context.Context, c *wxapi.Client) error { return c.DeleteMenu(ctx, credentials()) },
		},
		{
			"GET /cgi-bin/getcallbackip", "", `{"ip_list":["1.2.3.4"]}`,
			func(ctx context.Context, c *wxapi.Client) error {
				_, err := c.CallbackIPs(ctx, credentials())
				return err
			},
		},
	}
}

func picture(content string) wxapi.Upload {
	return wxapi.Upload{
		Type: wxapi.MediaImage, Name: "p.png", ContentType: "image/png", Content: strings.NewReader(content), Size: int64(len(content)),
	}
}

// good is a good answer. That of a download is a medium.
func (o operation) good() http.HandlerFunc {
	if strings.Contains(o.request, "/media/get") {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			_, _ = w.Write([]byte("\x89PNG"))
		}
	}
	return says(o.answer)
}

// eachOperation runs a test for every call, against a WeChat of its own.
func eachOperation(t *testing.T, test func(t *testing.T, o operation, p *platform)) {
	t.Helper()
	for i, o := range operations() {
		t.Run(fmt.Sprint(i, " ", strings.Fields(o.request)[1]), func(t *testing.T) {
			t.Parallel()
			test(t, o, newPlatform(t))
		})
	}
}

func TestCalls_areMadeAsDocumented(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o operation, p *platform) {
		p.answers(o.good())
		require.NoError(t, o.call(t.Context(), client(t, p, storeWith(tokenA))))
		calls := p.taken()
		require.Len(t, calls, 1)
		require.Equal(t, o.request, calls[0].request)
		require.Equal(t, tokenA, calls[0].token)
		if o.body != "" {
			require.Equal(t, o.body, calls[0].body)
			require.True(t, json.Valid([]byte(o.body)))
		}
	})
}

// W01
func TestCalls_replaceARefusedTokenOnce(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o operation, p *platform) {
		for _, code := range []int{40001, 40014, 42001} {
			p := newPlatform(t)
			s := storeWith(tokenA)
			p.answers(says(fmt.Sprintf(`{"errcode":%d}`, code)), o.good())
			require.NoError(t, o.call(t.Context(), client(t, p, s)))
			calls := p.taken()
			require.Len(t, calls, 2)
			require.Equal(t, calls[0].request, calls[1].request)
			require.Equal(t, withoutBoundary(calls[0].body), withoutBoundary(calls[1].body))
			require.Equal(t, 1, s.fetches)
		}
		p.answers(says(`{"errcode":40001}`))
		err := o.call(t.Context(), client(t, p, storeWith("stale")))
		requireError(t, err, 40001, "access-token-refused")
		require.Len(t, p.taken(), 2, "and not a third time")
	})
}

// withoutBoundary takes the random boundary out of a form.
func withoutBoundary(body string) string {
	boundary, _, found := strings.Cut(body, "\r\n")
	if !found {
		return body
	}
	return strings.ReplaceAll(body, boundary, "")
}

func TestCalls_tellBadAnswersFromGood(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o operation, _ *platform) {
		for name, tt := range map[string]struct {
			answer http.HandlerFunc
			code   wechat.ErrCode
			reason string
			status int
		}{
			"empty":            {says(""), 0, wechat.ReasonAnswerUnclear, 200},
			"HTML":             {says("<html>busy</html>"), 0, wechat.ReasonAnswerUnclear, 200},
			"cut JSON":         {says(`{"errcode":0,"err`), 0, wechat.ReasonAnswerUnclear, 200},
			"trailing data":    {says(ok + ok), 0, wechat.ReasonAnswerUnclear, 200},
			"nothing in it":    {says(`{}`), 0, wechat.ReasonAnswerUnclear, 200},
			"null":             {says(`null`), 0, wechat.ReasonAnswerUnclear, 200},
			"array":            {says(`[0]`), 0, wechat.ReasonAnswerUnclear, 200},
			"too long":         {says(`{"errcode":0,"x":"` + strings.Repeat("x", 1<<20) + `"}`), 0, wechat.ReasonAnswerUnclear, 200},
			"502":              {status(502, "<html>"), 0, wechat.ReasonServerError, 502},
			"redirected":       {redirect, 0, wechat.ReasonServerError, 302},
			"hung up":          {hangUp, 0, wechat.ReasonUnanswered, 0},
			"garbage":          {garbage, 0, wechat.ReasonUnanswered, 0},
			"code as text":     {says(`{"errcode":"40003"}`), 40003, "customer-unknown", 200},
			"code as float":    {says(`{"errcode":1.5}`), 0, "unknown-errcode", 200},
			"unknown code":     {says(`{"errcode":99999}`), 99999, "unknown-errcode", 200},
			"errmsg no text":   {says(`{"errcode":48001,"errmsg":{}}`), 48001, "api-unauthorized", 200},
			"minute quota":     {says(`{"errcode":45011}`), 45011, "minute-quota-spent", 200},
			"errmsg says more": {says(`{"errcode":-1,"errmsg":"system error canary"}`), -1, "wechat-busy", 200},
		} {
			p := newPlatform(t)
			p.answers(tt.answer)
			failed := failureOf(t, o.call(t.Context(), client(t, p, storeWith(tokenA))), tt.code, tt.reason)
			require.Equal(t, tt.status, failed.HTTPStatus, name)
			require.Contains(t, o.request, "/cgi-bin/"+failed.Op)
		}
	})
}

func redirect(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/elsewhere", http.StatusFound)
}

func requireError(t *testing.T, err error, code wechat.ErrCode, reason string) {
	t.Helper()
	_ = failureOf(t, err, code, reason)
}

// failureOf is the *wxapi.Error of a call, of which it demands a code, a reason and discretion.
func failureOf(t *testing.T, err error, code wechat.ErrCode, reason string) *wxapi.Error {
	t.Helper()
	var failed *wxapi.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, code, failed.Code, failed)
	require.Equal(t, reason, failed.Reason, failed)
	for _, hidden := range []string{"canary", string(customer), "access_token"} {
		require.NotContains(t, err.Error(), hidden)
	}
	return failed
}

func TestCalls_endWithTheirContext(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o operation, p *platform) {
		reached, release := make(chan struct{}), make(chan struct{})
		p.answers(func(http.ResponseWriter, *http.Request) { close(reached); <-release })
		t.Cleanup(func() { close(release) })
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-reached; cancel() }()
		c := client(t, p, storeWith(tokenA))
		err := o.call(ctx, c)
		requireError(t, err, 0, wechat.ReasonUnanswered)
		require.ErrorIs(t, err, context.Canceled)

		err = o.call(ctx, c) // over before it begins
		requireError(t, err, 0, wechat.ReasonNotReached)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, p.taken(), 1)
	})
}

func TestCalls_areBounded(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o operation, p *platform) {
		release := make(chan struct{})
		p.answers(func(http.ResponseWriter, *http.Request) { <-release })
		t.Cleanup(func() { close(release) })
		hc := httpClient(t)
		hc.Timeout = 500 * time.Millisecond // long enough to connect on a busy machine
		requireError(t, o.call(t.Context(), wxapi.New(p.URL, hc, storeWith(tokenA))), 0, wechat.ReasonUnanswered)
	})
}

func TestCalls_sayWhyThereIsNoToken(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o operation, p *platform) {
		p.fetch = []http.HandlerFunc{says(`{"errcode":40164,"errmsg":"invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 65f0c1d2-0a1b2c3d-4e5f6a7b"}`)}
		failed := failureOf(t, o.call(t.Context(), client(t, p, &store{})), 40164, "address-not-on-list")
		require.Equal(t, "stable_token", failed.Op)
		require.Equal(t, netip.MustParseAddr("203.0.113.7"), failed.Address)
		require.Equal(t, "65f0c1d2-0a1b2c3d-4e5f6a7b", failed.RID)

		broken := errors.New("no database")
		err := o.call(t.Context(), client(t, p, &store{broken: broken}))
		requireError(t, err, 0, wechat.ReasonTokenStore)
		require.ErrorIs(t, err, broken)
		require.Empty(t, p.taken())
	})
}

// If the base URL leads nowhere, no call gets anywhere: none knows another address.
func TestCalls_goToTheBaseURL(t *testing.T) {
	t.Parallel()
	eachOperation(t, func(t *testing.T, o operation, p *platform) {
		p.answers(o.good())
		require.NoError(t, o.call(t.Context(), wxapi.New(p.URL+"/", httpClient(t), &store{})), "the token comes from there too")
		p.Close()
		requireError(t, o.call(t.Context(), client(t, p, &store{})), 0, wechat.ReasonNotReached)
		requireError(t, o.call(t.Context(), client(t, p, storeWith(tokenA))), 0, wechat.ReasonNotReached)
	})
	p := newPlatform(t)
	p.Close()
	requireError(t, client(t, p, &store{}).CheckCredentials(t.Context(), credentials()), 0, wechat.ReasonNotReached)
}

func TestCheckCredentials_bypassesTheStore(t *testing.T) {
	t.Parallel()
	p, s := newPlatform(t), storeWith(tokenB)
	c := client(t, p, s)
	require.NoError(t, c.CheckCredentials(t.Context(), credentials()))
	require.NoError(t, c.CheckCredentials(t.Context(), credentials()))
	_, asked := p.seen()
	require.Len(t, asked, 2)
	require.Equal(t, map[string]any{
		"grant_type": "client_credential", "appid": "wx2c2769f8efd9abc2", "secret": appSecret, "force_refresh": false,
	}, asked[1])
	require.Equal(t, tokenB, s.token.Value.Reveal())
	require.Zero(t, s.refreshes)
}

func TestCheckCredentials_saysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"errcode":40013,"errmsg":"invalid appid rid: 65f0c1d2-0a1b2c3d-4e5f6a7b"}`:                                            "wxapi: stable_token: app-id-invalid (errcode 40013, rid 65f0c1d2-0a1b2c3d-4e5f6a7b)",
		`{"errcode":40001,"errmsg":"invalid credential"}`:                                                                       "wxapi: stable_token: app-secret-invalid (errcode 40001)",
		`{"errcode":40125,"errmsg":"invalid appsecret, view more at http://t.cn/RAEkdVq"}`:                                      "wxapi: stable_token: app-secret-invalid (errcode 40125)",
		`{"errcode":40164,"errmsg":"invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: 65f0c1d2-0a1b2c3d-4e5f6a7b"}`: "wxapi: stable_token: address-not-on-list (errcode 40164, address 1.2.3.4, rid 65f0c1d2-0a1b2c3d-4e5f6a7b)",
		`{"errcode":40164,"errmsg":"invalid ip , ipv6 2001:db8::1, not in whitelist hint: [x]"}`:                                `wxapi: stable_token: address-not-on-list (errcode 40164, address 2001:db8::1)`,
		`{"errcode":40164,"errmsg":"` + appSecret + ` ip canary rid: ` + appSecret + `"}`:                                       "wxapi: stable_token: address-not-on-list (errcode 40164)",
		`{"errcode":89503}`:     "wxapi: stable_token: address-awaits-administrator (errcode 89503)",
		`{"errcode":"x"}`:       "wxapi: stable_token: unknown-errcode",
		`{"access_token":"t"}`:  "wxapi: stable_token: wechat-answer-unclear",
		`<html>` + tokenA + `>`: "wxapi: stable_token: wechat-answer-unclear",
	} {
		p := newPlatform(t)
		p.fetch = []http.HandlerFunc{says(answer)}
		require.EqualError(t, client(t, p, &store{}).CheckCredentials(t.Context(), credentials()), want)
	}
	p := newPlatform(t)
	p.fetch = []http.HandlerFunc{status(503, "")}
	require.EqualError(t, client(t, p, &store{}).CheckCredentials(t.Context(), credentials()), "wxapi: stable_token: wechat-server-error (HTTP status 503)")

	// A private address that may not be dialled has a name of its own.
	err := wxapi.New(p.URL, wxapi.NewHTTPClient(false), &store{}).CheckCredentials(t.Context(), credentials())
	requireError(t, err, 0, wechat.ReasonAddressRefused)
	require.ErrorIs(t, err, wxapi.ErrAddressRefused)
}

func TestToken_valuesStayOutOfWhatIsPrinted(t *testing.T) {
	t.Parallel()
	require.NotContains(t, fmt.Sprintf("%+v %#v", credentials(), wxapi.Token{Value: secret.New(tokenA)}), "canary")
}
