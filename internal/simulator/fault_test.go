package simulator_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator"
	"wxdesk/internal/simulator/envelope"
)

func (w *world) fault(body string) {
	w.t.Helper()
	w.do("POST", "/_sim/faults", body, 201)
}

func TestFault_spoilsOneRequestOnly(t *testing.T) {
	t.Parallel()
	for kind, spoilt := range map[string]func(*testing.T, received){
		"wrong_signature": func(t *testing.T, in received) {
			require.NotEqual(t, envelope.Sign(token, in.query.Get("timestamp"), in.query.Get("nonce")), in.query.Get("signature"))
			require.Len(t, in.query.Get("signature"), 40)
		},
		"missing_signature": func(t *testing.T, in received) { require.False(t, in.query.Has("signature")); require.True(t, in.safe) },
		"wrong_msg_signature": func(t *testing.T, in received) {
			require.False(t, in.safe)
			require.Len(t, in.query.Get("msg_signature"), 40)
		},
		"missing_msg_signature": func(t *testing.T, in received) { require.False(t, in.query.Has("msg_signature")) },
		"missing_openid":        func(t *testing.T, in received) { require.False(t, in.query.Has("openid")); require.True(t, in.safe) },
		"tampered_encrypt": func(t *testing.T, in received) {
			require.False(t, in.safe)
			require.NotEqual(t, envelope.Sign(token, in.query.Get("timestamp"), in.query.Get("nonce"), in.message.Encrypt), in.query.Get("msg_signature"))
		},
		"foreign_app_id": func(t *testing.T, in received) {
			require.False(t, in.safe)
			require.Equal(t, envelope.Sign(token, in.query.Get("timestamp"), in.query.Get("nonce"), in.message.Encrypt), in.query.Get("msg_signature"))
			key, _ := envelope.ParseKey(aesKey)
			_, id, err := envelope.Unseal(key, in.message.Encrypt)
			require.NoError(t, err)
			require.NotEqual(t, appID, id)
		},
		"previous_key": func(t *testing.T, in received) {
			require.False(t, in.safe)
			key, _ := envelope.ParseKey(olderKey)
			_, id, err := envelope.Unseal(key, in.message.Encrypt)
			require.NoError(t, err)
			require.Equal(t, appID, id)
		},
		"stale_timestamp": func(t *testing.T, in received) {
			at, _ := strconv.ParseInt(in.query.Get("timestamp"), 10, 64)
			require.WithinDuration(t, time.Now().Add(-time.Hour), time.Unix(at, 0), time.Minute)
			require.True(t, in.safe, "it is signed as it stands")
		},
		"early_timestamp": func(t *testing.T, in received) {
			at, _ := strconv.ParseInt(in.query.Get("timestamp"), 10, 64)
			require.WithinDuration(t, time.Now().Add(time.Hour), time.Unix(at, 0), time.Minute)
			require.True(t, in.safe, "it is signed as it stands")
		},
		"pad_zero":     signedButUnsound("padding of 0 bytes"),
		"pad_33":       signedButUnsound("padding of 33 bytes"),
		"pad_uneven":   signedButUnsound("not uniform"),
		"long_msg_len": signedButUnsound("more bytes than it holds"),
		"unknown_msg_type": func(t *testing.T, in received) {
			require.True(t, in.safe)
			require.Equal(t, "not_yet_invented", in.message.MsgType)
		},
		"doctype": func(t *testing.T, in received) {
			require.True(t, in.safe)
			require.True(t, strings.HasPrefix(in.inner, "<!DOCTYPE"))
			require.True(t, strings.HasPrefix(in.body, "<xml>"))
		},
		"doctype_envelope": func(t *testing.T, in received) {
			require.True(t, strings.HasPrefix(in.body, "<!DOCTYPE"))
		},
		"oversized_body": func(t *testing.T, in received) {
			require.True(t, in.safe)
			require.Greater(t, len(in.body), 2<<20)
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.do("PATCH", "/_sim/accounts/"+appID, `{"encoding_aes_key":"`+olderKey+`"}`, 200)
			w.do("PATCH", "/_sim/accounts/"+appID, `{"encoding_aes_key":"`+aesKey+`"}`, 200)
			w.fault(`{"kind":"` + kind + `"}`)
			w.server.answers(func(in received) (int, string) { return map[bool]int{true: 403, false: 200}[in.n == 0], "" })
			verdict, attempts := w.say("hello")
			require.Equal(t, "accepted", verdict)
			require.Equal(t, 2, attempts)
			got := w.server.received()
			spoilt(t, got[0])
			require.True(t, got[1].safe)
			require.True(t, got[1].query.Has("signature"))
			require.Equal(t, []string{kind}, w.attempts()[0].Faults)
			require.Empty(t, w.attempts()[1].Faults)
		})
	}
}

func TestFault_previousKeyIsAnsweredUnderThatKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("PATCH", "/_sim/accounts/"+appID, `{"encoding_aes_key":"`+olderKey+`"}`, 200)
	require.Equal(t, aesKey, w.do("GET", "/_sim/accounts/"+appID, "", 200)["previous_encoding_aes_key"])
	w.fault(`{"kind":"previous_key"}`)
	w.server.answers(func(received) (int, string) { return 200, wrapped(textReply("hi")) })
	verdict, _ := w.say("hello")
	require.Equal(t, "replied", verdict)
	verdict, _ = w.say("hello")
	require.Equal(t, "failed", verdict, "the reply to the present key is under the old one")
}

func TestFault_duplicateIsPushedAgainWithTheSameMsgId(t *testing.T) {
	t.Parallel()
	for _, racing := range []bool{false, true} {
		t.Run("concurrent="+strconv.FormatBool(racing), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.server.answers(func(received) (int, string) { return 200, wrapped(textReply("hi")) })
			w.fault(`{"kind":"duplicate","copies":3,"concurrent":` + strconv.FormatBool(racing) + `}`)
			verdict, attempts := w.say("hello")
			require.Equal(t, "replied", verdict)
			require.Equal(t, 1, attempts)
			eventually(t, func() bool { return len(w.attempts()) == 4 }, "the copies are recorded")
			ids, nonces := map[int64]bool{}, map[string]bool{}
			for _, in := range w.server.received() {
				ids[in.message.MsgID] = true
				nonces[in.query.Get("nonce")] = true
			}
			require.Len(t, ids, 1)
			require.Len(t, nonces, 4)
			require.Equal(t, []string{"passive: hi"}, w.heard(), "it is shown once")
		})
	}
}

func TestFault_lostAnswerCountsAsFailed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault(`{"kind":"lost_answer","count":2}`)
	w.server.answers(func(received) (int, string) { return 200, wrapped(textReply("hi")) })
	verdict, attempts := w.say("hello")
	require.Equal(t, "replied", verdict)
	require.Equal(t, 3, attempts)
	require.Equal(t, []string{"passive: hi"}, w.heard())
	require.Equal(t, "lost", w.attempts()[0].Verdict)
}

func TestFault_waitsForItsOccasion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("PATCH", "/_sim/accounts/"+appID, `{"mode":"plain"}`, 200)
	w.fault(`{"kind":"wrong_msg_signature"}`)
	w.fault(`{"kind":"lost_answer","openid":"oSomebodyElse"}`)
	w.fault(`{"kind":"lost_answer","app_id":"wxffffffffffffffff"}`)
	_, attempts := w.say("hello")
	require.Equal(t, 1, attempts)
	for _, f := range get[map[string]any](w, "/_sim/faults") {
		require.EqualValues(t, 1, f["count"])
		require.EqualValues(t, 0, f["used"])
	}
	w.do("DELETE", "/_sim/faults", "", 200)
	require.Empty(t, get[map[string]any](w, "/_sim/faults"))
}

func TestFault_errcodeComesForTheNextCallsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say("hello")
	good := w.accessToken()
	w.fault(`{"kind":"errcode","errcode":40001,"count":2,"path":"/cgi-bin/message/custom/send"}`)
	require.Equal(t, 0, w.use(good), "another call")
	require.Equal(t, 40001, w.send(good, "a"))
	require.Equal(t, 40001, w.send(good, "b"))
	require.Equal(t, 0, w.send(good, "c"))
	require.Equal(t, []string{"custom: c"}, w.heard())
}

func TestFault_errcodeCanComeAlthoughDelivered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say("hello")
	w.fault(`{"kind":"errcode","errcode":-1,"deliver":true,"path":"/cgi-bin/message/custom/send"}`)
	require.Equal(t, -1, w.send(w.accessToken(), "a"))
	require.Equal(t, []string{"custom: a"}, w.heard())
}

func TestFault_answersThatAreNone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.say("hello")
	good := w.accessToken()
	body := `{"touser":"` + openID + `","msgtype":"text","text":{"content":"a"}}`
	send := func() (*http.Response, error) {
		return http.Post(w.url+"/cgi-bin/message/custom/send?access_token="+good, "application/json", bytes.NewReader([]byte(body)))
	}
	w.fault(`{"kind":"http_status"}`)
	answer, err := send()
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 502, answer.StatusCode)

	w.fault(`{"kind":"non_json"}`)
	answer, err = send()
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 200, answer.StatusCode)
	require.Equal(t, "text/html", answer.Header.Get("Content-Type"))
	require.Empty(t, w.heard(), "neither was delivered")

	w.fault(`{"kind":"timeout_after_delivery","delay":"20ms"}`)
	_, err = send()
	require.Error(t, err, "the connection is cut without an answer")
	require.Equal(t, []string{"custom: a"}, w.heard())

	w.fault(`{"kind":"slow","delay":"50ms"}`)
	began := time.Now()
	require.Equal(t, 0, w.send(good, "b"))
	require.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
}

// signedButUnsound is a callback whose signature holds and whose frame must be refused.
func signedButUnsound(reason string) func(*testing.T, received) {
	return func(t *testing.T, in received) {
		require.False(t, in.safe)
		require.Equal(t, envelope.Sign(token, in.query.Get("timestamp"), in.query.Get("nonce"), in.message.Encrypt), in.query.Get("msg_signature"))
		key, _ := envelope.ParseKey(aesKey)
		_, _, err := envelope.Unseal(key, in.message.Encrypt)
		require.ErrorContains(t, err, reason)
	}
}

func TestFault_unknownEventWaitsForAnEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault(`{"kind":"unknown_event"}`)
	w.say("hello")
	w.act(`{"kind":"click","key":"HELP"}`)
	got := w.server.received()
	require.Equal(t, "text", got[0].message.MsgType)
	require.Equal(t, "event not_yet_invented HELP", got[1].message.MsgType+" "+got[1].message.Event+" "+got[1].message.EventKey)
}

func TestFault_sameSecondGivesTheCreateTimeOfTheCallbackBefore(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var mu sync.Mutex
	w := newWorldWith(t, simulator.Options{Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}})
	w.act(`{"kind":"click","key":"A"}`)
	w.fault(`{"kind":"same_second"}`)
	w.act(`{"kind":"click","key":"B"}`)
	w.act(`{"kind":"click","key":"C"}`)
	got := w.server.received()
	require.Equal(t, got[0].message.CreateTime, got[1].message.CreateTime)
	require.NotEqual(t, got[0].message.CreateTime, got[2].message.CreateTime)
}

func TestFault_slowBodyArrivesInPortions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fault(`{"kind":"slow_body","delay":"100ms"}`)
	verdict, attempts := w.say("hello")
	require.Equal(t, "accepted", verdict)
	require.Equal(t, 1, attempts)
	require.True(t, w.server.received()[0].safe, "it is whole in the end")
	require.GreaterOrEqual(t, w.attempts()[0].TookMS, int64(100))
}

func TestFault_bodyTooSlowIsATimeOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.do("PATCH", "/_sim/settings", `{"timeout":"50ms"}`, 200)
	w.fault(`{"kind":"slow_body"}`)
	_, attempts := w.say("hello")
	require.Equal(t, 2, attempts)
	require.Contains(t, w.attempts()[0].Reason, "no answer within")
}
