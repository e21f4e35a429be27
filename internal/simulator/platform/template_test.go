package platform_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

const orderTemplate = `{"templates":[{"id":"T1","title":"Order","content":"{{first.DATA}} costs {{price.DATA}}"}]}`

func templateBody(more string) string {
	return `{"touser":"` + simulatortest.OpenID + `","template_id":"T1","url":"https://shop.example/1","data":{"first":{"value":"Tea"},"price":{"value":"¥ 8"}}` + more + `}`
}

func TestTemplate_shownOutsideEveryWindow(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, orderTemplate, 200)
	require.EqualValues(t, 0, w.API("message/template/send", templateBody(""))["errcode"])
	require.Equal(t, []string{"template: Order\nTea costs ¥ 8"}, w.Heard())
	simulatortest.Eventually(t, func() bool { return len(w.Server.Received()) == 1 }, "its end is told")
	got := w.Server.Received()[0]
	require.Regexp(t, `<Event><!\[CDATA\[TEMPLATESENDJOBFINISH\]\]></Event>\n<MsgID>\d{19}</MsgID>\n<Status><!\[CDATA\[success\]\]></Status>`, got.Inner)

	w.Do("PATCH", w.Path("followers/"+simulatortest.OpenID), `{"muted":true}`, 200)
	require.EqualValues(t, 0, w.API("message/template/send", templateBody(""))["errcode"])
	simulatortest.Eventually(t, func() bool { return len(w.Server.Received()) == 2 }, "the refusal is told")
	require.Contains(t, w.Server.Received()[1].Inner, "failed:user block")
	require.Len(t, w.Heard(), 1)
}

func TestTemplate_sentOncePerClientMsgID(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, orderTemplate, 200)
	first := w.Do("POST", "/cgi-bin/message/template/send?access_token="+w.AccessToken(), templateBody(`,"client_msg_id":"c"`), 200)
	again := w.API("message/template/send", templateBody(`,"client_msg_id":"c"`))
	require.Equal(t, first["msgid"], again["msgid"])
	require.Len(t, w.Heard(), 1)
	w.Do("POST", "/_sim/clock", `{"advance":"10m"}`, 200)
	w.API("message/template/send", templateBody(`,"client_msg_id":"c"`))
	require.Len(t, w.Heard(), 2)
}

func TestTemplate_isRefusedWhereWeChatRefusesIt(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, orderTemplate, 200)
	send := func(body string) any { return w.API("message/template/send", body)["errcode"] }
	require.EqualValues(t, 40003, send(strings.Replace(templateBody(""), simulatortest.OpenID, "oForeign", 1)))
	require.EqualValues(t, 40037, send(strings.Replace(templateBody(""), "T1", "T2", 1)))
	require.EqualValues(t, 47003, send(strings.Replace(templateBody(""), "price", "cost", 1)))
	w.Do("DELETE", w.Path("followers/"+simulatortest.OpenID), "", 200)
	require.EqualValues(t, 43004, send(templateBody("")))
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"kind":"subscription"}`, 200)
	require.EqualValues(t, 48001, send(templateBody("")))
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"templates":[{"id":"T1","content":"nothing to fill"}]}`, 400)
}
