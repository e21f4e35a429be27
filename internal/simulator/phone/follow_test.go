package phone_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestFollow_andUnfollowAreEvents(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("POST", w.Path("followers"), `{"openid":"oNew","name":"新","scene":"shop7"}`, 201)
	simulatortest.Eventually(t, func() bool { return len(w.Server.Received()) == 1 }, "subscribe is told")
	m := w.Server.Received()[0].Message
	require.Equal(t, "subscribe qrscene_shop7", m.Event+" "+m.EventKey)
	require.Zero(t, m.MsgID)

	w.Do("POST", w.Path("followers"), `{"openid":"oNew","name":"again"}`, 201)
	w.Do("DELETE", w.Path("followers/oNew"), "", 200)
	simulatortest.Eventually(t, func() bool { return len(w.Server.Received()) == 2 }, "following twice is told once, leaving is told")
	require.Equal(t, "unsubscribe", w.Server.Received()[1].Message.Event)
	require.Equal(t, false, w.Do("GET", w.Path("followers/oNew"), "", 200)["subscribed"])
	w.Do("DELETE", w.Path("followers/oNew"), "", 409)
	w.Do("POST", w.Path("followers/oNew/say"), `{"text":"hi"}`, 409)

	w.Do("POST", w.Path("followers"), `{"openid":"oNew"}`, 201)
	simulatortest.Eventually(t, func() bool { return len(w.Server.Received()) == 3 }, "coming back is told")
	require.Equal(t, "again", w.Do("GET", w.Path("followers/oNew"), "", 200)["name"])
}

func TestFollow_givesAnOpenidLikeWeChats(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	out := w.Do("POST", w.Path("followers"), `{"quiet":true}`, 201)
	require.Regexp(t, `^o[A-Za-z0-9_-]{27}$`, out["openid"])
	require.Empty(t, w.Server.Received())
}

func TestFollow_isAnsweredOnTheNewScreen(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Server.Answers(func(simulatortest.Received) (int, string) {
		return 200, simulatortest.Wrapped(strings.Replace(simulatortest.TextReply("欢迎"), simulatortest.OpenID, "oNew", 1))
	})
	w.Do("POST", w.Path("followers"), `{"openid":"oNew"}`, 201)
	simulatortest.Eventually(t, func() bool {
		screen := simulatortest.Get[simulatortest.Item](w, w.Path("followers/oNew/screen"))
		return len(screen) == 2 && screen[1].Text == "欢迎" && screen[0].Kind == "subscribe" && screen[0].Verdict == "replied"
	}, "the greeting shows")
}
