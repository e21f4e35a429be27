package simulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const orderTemplate = `{"templates":[{"id":"T1","title":"Order","content":"{{first.DATA}} costs {{price.DATA}}"}]}`

func templateBody(more string) string {
	return `{"touser":"` + openID + `","template_id":"T1","url":"https://shop.example/1","data":{"first":{"value":"Tea"},"price":{"value":"¥ 8"}}` + more + `}`
}

func TestTemplate_isShownOutsideEveryWindowAndItsEndIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("PATCH", "/_sim/accounts/"+appID, orderTemplate, 200)
	require.EqualValues(t, 0, w.api("message/template/send", templateBody(""))["errcode"])
	require.Equal(t, []string{"template: Order\nTea costs ¥ 8"}, w.heard())
	eventually(t, func() bool { return len(w.server.received()) == 1 }, "its end is told")
	got := w.server.received()[0]
	require.Regexp(t, `<Event><!\[CDATA\[TEMPLATESENDJOBFINISH\]\]></Event>\n<MsgID>\d{19}</MsgID>\n<Status><!\[CDATA\[success\]\]></Status>`, got.inner)

	w.do("PATCH", w.path("followers/"+openID), `{"muted":true}`, 200)
	require.EqualValues(t, 0, w.api("message/template/send", templateBody(""))["errcode"])
	eventually(t, func() bool { return len(w.server.received()) == 2 }, "the refusal is told")
	require.Contains(t, w.server.received()[1].inner, "failed:user block")
	require.Len(t, w.heard(), 1)
}

func TestTemplate_withTheSameClientMsgIdIsSentOnceInTenMinutes(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.do("PATCH", "/_sim/accounts/"+appID, orderTemplate, 200)
	first := w.do("POST", "/cgi-bin/message/template/send?access_token="+w.accessToken(), templateBody(`,"client_msg_id":"c"`), 200)
	again := w.api("message/template/send", templateBody(`,"client_msg_id":"c"`))
	require.Equal(t, first["msgid"], again["msgid"])
	require.Len(t, w.heard(), 1)
	w.do("POST", "/_sim/clock", `{"advance":"10m"}`, 200)
	w.api("message/template/send", templateBody(`,"client_msg_id":"c"`))
	require.Len(t, w.heard(), 2)
}

func TestTemplate_isRefusedWhereWeChatRefusesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("PATCH", "/_sim/accounts/"+appID, orderTemplate, 200)
	send := func(body string) any { return w.api("message/template/send", body)["errcode"] }
	require.EqualValues(t, 40003, send(strings.Replace(templateBody(""), openID, "oForeign", 1)))
	require.EqualValues(t, 40037, send(strings.Replace(templateBody(""), "T1", "T2", 1)))
	require.EqualValues(t, 47003, send(strings.Replace(templateBody(""), "price", "cost", 1)))
	w.do("DELETE", w.path("followers/"+openID), "", 200)
	require.EqualValues(t, 43004, send(templateBody("")))
	w.do("PATCH", "/_sim/accounts/"+appID, `{"kind":"subscription"}`, 200)
	require.EqualValues(t, 48001, send(templateBody("")))
	w.do("PATCH", "/_sim/accounts/"+appID, `{"templates":[{"id":"T1","content":"nothing to fill"}]}`, 400)
}

func TestIPAllowList_guardsTokensAndNamesTheAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.accessToken()
	w.do("PATCH", "/_sim/accounts/"+appID, `{"ip_allow_list":["203.0.113.0/24"]}`, 200)
	for _, path := range []string{"stable_token", "token"} {
		out := w.fetchToken(path)
		require.EqualValues(t, 40164, out["errcode"])
		require.Regexp(t, `^invalid ip 127\.0\.0\.1 ipv6 ::ffff:127\.0\.0\.1, not in whitelist rid: `, out["errmsg"])
	}
	require.Equal(t, 0, w.use(good), "only tokens are guarded")
	w.do("PATCH", "/_sim/accounts/"+appID, `{"ip_allow_list":["203.0.113.7","127.0.0.1"]}`, 200)
	require.Contains(t, w.fetchToken("token"), "access_token")
	w.do("PATCH", "/_sim/accounts/"+appID, `{"ip_allow_list":[]}`, 200)
	require.Contains(t, w.fetchToken("token"), "access_token", "an empty list is everybody")
	w.do("PATCH", "/_sim/accounts/"+appID, `{"ip_allow_list":["localhost"]}`, 400)
}

func (w *world) fetchToken(path string) map[string]any {
	w.t.Helper()
	if path == "token" {
		return w.do("GET", "/cgi-bin/token?grant_type=client_credential&appid="+appID+"&secret="+secret, "", 200)
	}
	return w.do("POST", "/cgi-bin/"+path, fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q}`, appID, secret), 200)
}

func TestClearQuota_opensTheDayAgainTenTimesAMonth(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.say("hello")
	w.do("PATCH", "/_sim/settings", `{"send_daily":1}`, 200)
	good := w.accessToken()
	clearQuota := func(appID string) any {
		return w.do("POST", "/cgi-bin/clear_quota?access_token="+good, `{"appid":"`+appID+`"}`, 200)["errcode"]
	}
	require.Equal(t, 0, w.send(good, "a"))
	require.Equal(t, 45009, w.send(good, "b"))
	require.EqualValues(t, 40013, clearQuota("wxffffffffffffffff"))
	require.EqualValues(t, 0, clearQuota(appID))
	require.Equal(t, 0, w.send(good, "b"))
	for range 9 {
		require.EqualValues(t, 0, clearQuota(appID))
	}
	require.EqualValues(t, 48006, clearQuota(appID))
}

func TestCallbackCheck_judgesItsInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	check := func(action, operator string) map[string]any {
		return w.api("callback/check", `{"action":"`+action+`","check_operator":"`+operator+`"}`)
	}
	require.Contains(t, check("all", "DEFAULT"), "dns")
	require.Contains(t, check("ping", "CAP"), "ping")
	require.EqualValues(t, 40202, check("walk", "CAP")["errcode"])
	require.EqualValues(t, 40203, check("dns", "MOBILE")["errcode"])
	w.do("PATCH", "/_sim/accounts/"+appID, `{"callback_url":""}`, 200)
	require.EqualValues(t, 40201, check("dns", "CAP")["errcode"])
	require.Contains(t, w.api("get_api_domain_ip", ""), "ip_list")
}

func TestMarkFail_stopsPushingForAMinute(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	w.do("PATCH", "/_sim/settings", `{"mark_fail_after":3}`, 200)
	w.server.answers(func(received) (int, string) { return 500, "" })
	_, attempts := w.say("a")
	require.Equal(t, 3, attempts)
	w.server.answers(func(received) (int, string) { return 200, "success" })
	verdict, attempts := w.say("b")
	require.Equal(t, "failed", verdict)
	require.Zero(t, attempts)
	require.Len(t, w.server.received(), 3, "nothing is pushed")
	require.Equal(t, "withheld", w.attempts()[3].Verdict)
	require.Len(t, w.heard(), 2, "the notice for each")

	w.do("POST", "/_sim/clock", `{"advance":"1m"}`, 200)
	verdict, _ = w.say("c")
	require.Equal(t, "accepted", verdict)
}

func TestMarkFail_isOffUnlessAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("PATCH", "/_sim/settings", `{"retry_after":"1ms"}`, 200)
	w.server.answers(func(received) (int, string) { return 500, "" })
	for range 4 {
		w.say("a")
	}
	require.Len(t, w.server.received(), 12)
}

// TestErrcode_ofTheProtocolCanEachBeProvoked takes wechat-protocol 6.2 row by row.
func TestErrcode_ofTheProtocolCanEachBeProvoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say("hello")
	good := w.accessToken()
	for _, code := range []int{
		-1, 40001, 40002, 40003, 40004, 40005, 40006, 40007, 40008, 40009, 40010, 40011, 40012, 40013, 40014, 40033, 40035, 40037, 40097,
		40113, 40125, 40164, 40200, 40243, 41001, 41002, 41004, 42001, 42007, 43002, 43003, 43004, 43019, 43101, 44002, 44003, 44004, 45001,
		45002, 45003, 45004, 45005, 45006, 45007, 45008, 45009, 45011, 45015, 45047, 45065, 45066, 45067, 45072, 45080, 45081, 45162, 46001,
		47001, 47003, 48001, 48002, 48004, 48006, 48008, 50001, 50002, 50003, 50005, 61003, 61004, 61007, 61024, 61450, 61451, 61452, 61453,
		61454, 61455, 61456, 61457, 65301, 65319, 65400, 65401, 65417, 89501, 89502, 89503, 89504, 89505, 89506, 89507,
	} {
		w.fault(fmt.Sprintf(`{"kind":"errcode","errcode":%d,"path":"/cgi-bin/message/custom/send"}`, code))
		out := w.do("POST", "/cgi-bin/message/custom/send?access_token="+good, `{}`, 200)
		require.EqualValues(t, code, out["errcode"])
		require.Regexp(t, `^\S.* rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`, out["errmsg"])
		require.NotRegexp(t, `^error rid`, out["errmsg"], "%d has words of its own", code)
	}
	require.Empty(t, w.heard())
	w.fault(`{"kind":"errcode","errcode":40164}`)
	require.Contains(t, w.fetchToken("token")["errmsg"], "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1")
}
