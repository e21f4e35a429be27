package wxapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// answering answers every call with the same status, type and body, without a network.
type answering struct {
	status            int
	kind, disposition string
	body              []byte
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		_ = r.Body.Close()
	}
	header := http.Header{}
	for name, value := range map[string]string{"Content-Type": a.kind, "Content-Disposition": a.disposition} {
		if value != "" {
			header.Set(name, value)
		}
	}
	return &http.Response{
		StatusCode: a.status, ProtoMajor: 1, ProtoMinor: 1, Header: header, Request: r,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}, nil
}

func (a answering) client() *wxapi.Client {
	return wxapi.New("http://api.weixin.qq.com", &http.Client{Transport: a}, storeWith(tokenA))
}

// Whatever WeChat answers to a call, nothing panics, what fails is an *Error that names no secret, and a message counts as
// sent only if the answer says so.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		ok, `{"errcode":45015,"errmsg":"response out of time limit rid: 65f0c1d2-0a1b2c3d-4e5f6a7b"}`, `{"errcode":"0"}`, `{"errcode":-1}`,
		`{"errcode":40001,"errmsg":"invalid credential"}`, `{"errcode":40164,"errmsg":"invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist"}`,
		`{"errcode":1e0}`, `{"errcode":null}`, `{"errcode":0}{"errcode":1}`, `[0]`, `null`, ``, `<html>`, `{"errcode":0,"err`, "\xEF\xBB\xBF" + ok,
		`{"ip_list":["1.2.3.4","101.226.103.0/25"]}`, `{"subscribe":1,"openid":"o","unionid":"u","tagid_list":[1],"subscribe_time":1434093047}`,
		`{"ticket":"t","expire_seconds":60,"url":"http://weixin.qq.com/q/x"}`, `{"type":"image","media_id":"m","created_at":1700000000}`,
		`{"menu":{"button":[{"type":"click","name":"n","key":"k","sub_button":[]}]}}`, `{"access_token":"t","expires_in":7200}`,
	} {
		f.Add(200, []byte(body))
	}
	f.Add(302, []byte(ok))
	calls := operations()
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a := answering{status: 200 + min(max(status-200, 0), 399), kind: "application/json", body: body}
		outcome := a.client().SendText(t.Context(), credentials(), customer, "hi")
		if outcome.Status == wechat.SendSent && (a.status != 200 || !saysZero(body)) {
			t.Fatalf("%d %q counts as sent", a.status, body)
		}
		for _, o := range calls {
			judge(t, o.call(t.Context(), a.client()))
		}
		_, err := wxapi.New("http://api.weixin.qq.com", &http.Client{Transport: a}, &store{}).UserInfo(t.Context(), credentials(), customer)
		judge(t, err)
		judge(t, a.client().CheckCredentials(t.Context(), credentials()))
	})
}

// saysZero reads an answer with the least of assumptions: one JSON object, with an errcode that is a zero in digits.
func saysZero(body []byte) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return false
	}
	for name, value := range members {
		digits := strings.Trim(string(value), `"`)
		if strings.EqualFold(name, "errcode") && digits != "" && strings.Trim(digits, "-0") == "" {
			return true
		}
	}
	return false
}

func judge(t *testing.T, err error) {
	t.Helper()
	var known *wxapi.Error
	switch text := fmt.Sprintf("%v %+v", err, err); {
	case err != nil && !errors.As(err, &known):
		t.Fatalf("foreign error %v", err)
	case strings.Contains(text, appSecret), strings.Contains(text, tokenA), strings.Contains(text, string(customer)):
		t.Fatalf("%q shows what is secret", text)
	}
}

// A download is a medium or a failure: what begins as JSON is never a file (F01), and a file is all that came, in order, or
// ends with an error at the limit.
func FuzzDownload(f *testing.F) {
	f.Add("image/jpeg", "", []byte("\xFF\xD8\xFF\xE0 a picture"))
	f.Add("audio/amr", `attachment; filename="m.amr"`, []byte("#!AMR\n"))
	f.Add("text/plain", "", []byte(`{"errcode":40007,"errmsg":"invalid media_id"}`))
	f.Add("image/jpeg", `attachment; filename="m.jpg"`, []byte("\xEF\xBB\xBF \r\n"+`{"errcode":40007}`))
	f.Add("text/plain", "", []byte(`{"video_url":"http://mpvideo.qpic.cn/film.mp4"}`))
	f.Add("application/json", "", []byte(`{"video_url":"http://169.254.169.254/"}`))
	f.Add("", "", []byte("<html>"))
	f.Add("image/jpeg", `attachment; filename="../../etc/passwd`, []byte(""))
	f.Add(`text/plain; charset="`, `filename*=UTF-8''%e4%b8`, []byte("{"))
	f.Fuzz(func(t *testing.T, kind, disposition string, body []byte) {
		const limit = 64
		a := answering{status: 200, kind: kind, disposition: disposition, body: body}
		file, err := a.client().DownloadMedia(t.Context(), credentials(), mediaID, limit)
		judge(t, err)
		if err != nil {
			return
		}
		defer func() { _ = file.Close() }()
		if start := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF")), " \t\r\n"); len(body)-len(start) < limit && bytes.HasPrefix(start, []byte("{")) {
			t.Fatalf("%q is taken for a medium", body)
		}
		got, err := io.ReadAll(file)
		switch {
		case len(body) > limit && !errors.Is(err, wxapi.ErrMediaTooLarge), len(body) <= limit && err != nil:
			t.Fatalf("%d bytes end with %v", len(body), err)
		case !bytes.HasPrefix(body, got) || err == nil && len(got) != len(body):
			t.Fatalf("%q comes out as %q", body, got)
		}
	})
}
