package platform_test

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestFault_errcodeComesForTheNextCallsOnly(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Say("hello")
	good := w.AccessToken()
	w.Fault(`{"kind":"errcode","errcode":40001,"count":2,"path":"/cgi-bin/message/custom/send"}`)
	require.Equal(t, 0, use(t, w, good), "another call")
	require.Equal(t, 40001, w.Send(good, "a"))
	require.Equal(t, 40001, w.Send(good, "b"))
	require.Equal(t, 0, w.Send(good, "c"))
	require.Equal(t, []string{"custom: c"}, w.Heard())
}

func TestFault_errcodeCanComeAlthoughDelivered(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Say("hello")
	w.Fault(`{"kind":"errcode","errcode":-1,"deliver":true,"path":"/cgi-bin/message/custom/send"}`)
	require.Equal(t, -1, w.Send(w.AccessToken(), "a"))
	require.Equal(t, []string{"custom: a"}, w.Heard())
}

func TestFault_apiGivesNoValidAnswer(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Say("hello")
	good := w.AccessToken()
	body := `{"touser":"` + simulatortest.OpenID + `","msgtype":"text","text":{"content":"a"}}`
	send := func() (*http.Response, error) {
		return http.Post(w.URL+"/cgi-bin/message/custom/send?access_token="+good, "application/json", bytes.NewReader([]byte(body)))
	}
	w.Fault(`{"kind":"http_status"}`)
	answer, err := send()
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 502, answer.StatusCode)

	w.Fault(`{"kind":"non_json"}`)
	answer, err = send()
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 200, answer.StatusCode)
	require.Equal(t, "text/html", answer.Header.Get("Content-Type"))
	require.Empty(t, w.Heard(), "neither was delivered")

	w.Fault(`{"kind":"timeout_after_delivery","delay":"20ms"}`)
	_, err = send()
	require.Error(t, err, "the connection is cut without an answer")
	require.Equal(t, []string{"custom: a"}, w.Heard())

	w.Fault(`{"kind":"slow","delay":"50ms"}`)
	began := time.Now()
	require.Equal(t, 0, w.Send(good, "b"))
	require.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
}

// TestErrcode_ofTheProtocolCanEachBeProvoked takes wechat-protocol 6.2 row by row.
func TestErrcode_ofTheProtocolCanEachBeProvoked(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Say("hello")
	good := w.AccessToken()
	for _, code := range []int{
		-1, 40001, 40002, 40003, 40004, 40005, 40006, 40007, 40008, 40009, 40010, 40011, 40012, 40013, 40014, 40033, 40035, 40037, 40097,
		40113, 40125, 40164, 40200, 40243, 41001, 41002, 41004, 42001, 42007, 43002, 43003, 43004, 43019, 43101, 44002, 44003, 44004, 45001,
		45002, 45003, 45004, 45005, 45006, 45007, 45008, 45009, 45011, 45015, 45047, 45065, 45066, 45067, 45072, 45080, 45081, 45162, 46001,
		47001, 47003, 48001, 48002, 48004, 48006, 48008, 50001, 50002, 50003, 50005, 61003, 61004, 61007, 61024, 61450, 61451, 61452, 61453,
		61454, 61455, 61456, 61457, 65301, 65319, 65400, 65401, 65417, 89501, 89502, 89503, 89504, 89505, 89506, 89507,
	} {
		w.Fault(fmt.Sprintf(`{"kind":"errcode","errcode":%d,"path":"/cgi-bin/message/custom/send"}`, code))
		out := w.Do("POST", "/cgi-bin/message/custom/send?access_token="+good, `{}`, 200)
		require.EqualValues(t, code, out["errcode"])
		require.Regexp(t, `^\S.* rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$`, out["errmsg"])
		require.NotRegexp(t, `^error rid`, out["errmsg"], "%d has words of its own", code)
	}
	require.Empty(t, w.Heard())
	w.Fault(`{"kind":"errcode","errcode":40164}`)
	require.Contains(t, fetchToken(t, w, "token")["errmsg"], "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1")
}
