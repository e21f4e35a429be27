package simulator_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestSimulator_bearsManyAtOnce(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/settings", `{"window_messages":1000}`, 200)
	w.Server.Answers(func(simulatortest.Received) (int, string) {
		return 200, simulatortest.Wrapped(simulatortest.TextReply("passive"))
	})
	w.Say("open the window")
	send := "/cgi-bin/message/custom/send?access_token=" + w.AccessToken()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				w.Try("POST", w.Path("followers/"+simulatortest.OpenID+"/say"), `{"text":"x"}`)
				w.Try("POST", send, `{"touser":"`+simulatortest.OpenID+`","msgtype":"text","text":{"content":"custom"}}`)
				w.Try("GET", w.Path("followers/"+simulatortest.OpenID+"/screen"), "")
				w.Try("GET", w.Path("callbacks"), "")
			}
		})
	}
	all.Wait()
	simulatortest.Eventually(t, func() bool { return len(w.Attempts()) == 81 }, "all are told")
	count := map[string]int{}
	for i, it := range w.Screen() {
		require.Equal(t, i+1, it.N)
		count[it.Channel]++
	}
	require.Equal(t, map[string]int{"customer": 81, "passive": 81, "custom": 80}, count)
}
