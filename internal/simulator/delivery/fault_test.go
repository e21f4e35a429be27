package delivery_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator"
	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/simulatortest"
)

func TestFault_spoilsOneRequestOnly(t *testing.T) {
	t.Parallel()
	for kind, spoilt := range map[string]func(*testing.T, simulatortest.Received){
		"wrong_signature": func(t *testing.T, in simulatortest.Received) {
			require.NotEqual(t, envelope.Sign(simulatortest.Token, in.Query.Get("timestamp"), in.Query.Get("nonce")), in.Query.Get("signature"))
			require.Len(t, in.Query.Get("signature"), 40)
		},
		"missing_signature": func(t *testing.T, in simulatortest.Received) {
			require.False(t, in.Query.Has("signature"))
			require.True(t, in.Safe)
		},
		"wrong_msg_signature": func(t *testing.T, in simulatortest.Received) {
			require.False(t, in.Safe)
			require.Len(t, in.Query.Get("msg_signature"), 40)
		},
		"missing_msg_signature": func(t *testing.T, in simulatortest.Received) { require.False(t, in.Query.Has("msg_signature")) },
		"missing_openid": func(t *testing.T, in simulatortest.Received) {
			require.False(t, in.Query.Has("openid"))
			require.True(t, in.Safe)
		},
		"tampered_encrypt": func(t *testing.T, in simulatortest.Received) {
			require.False(t, in.Safe)
			require.NotEqual(t, envelope.Sign(simulatortest.Token, in.Query.Get("timestamp"), in.Query.Get("nonce"), in.Message.Encrypt), in.Query.Get("msg_signature"))
		},
		"foreign_app_id": func(t *testing.T, in simulatortest.Received) {
			require.False(t, in.Safe)
			require.Equal(t, envelope.Sign(simulatortest.Token, in.Query.Get("timestamp"), in.Query.Get("nonce"), in.Message.Encrypt), in.Query.Get("msg_signature"))
			key, _ := envelope.ParseKey(simulatortest.AESKey)
			_, id, err := envelope.Unseal(key, in.Message.Encrypt)
			require.NoError(t, err)
			require.NotEqual(t, simulatortest.AppID, id)
		},
		"previous_key": func(t *testing.T, in simulatortest.Received) {
			require.False(t, in.Safe)
			key, _ := envelope.ParseKey(simulatortest.OlderKey)
			_, id, err := envelope.Unseal(key, in.Message.Encrypt)
			require.NoError(t, err)
			require.Equal(t, simulatortest.AppID, id)
		},
		"stale_timestamp": func(t *testing.T, in simulatortest.Received) {
			at, _ := strconv.ParseInt(in.Query.Get("timestamp"), 10, 64)
			require.WithinDuration(t, time.Now().Add(-time.Hour), time.Unix(at, 0), time.Minute)
			require.True(t, in.Safe, "it is signed as it stands")
		},
		"early_timestamp": func(t *testing.T, in simulatortest.Received) {
			at, _ := strconv.ParseInt(in.Query.Get("timestamp"), 10, 64)
			require.WithinDuration(t, time.Now().Add(time.Hour), time.Unix(at, 0), time.Minute)
			require.True(t, in.Safe, "it is signed as it stands")
		},
		"pad_zero":     signedButUnsound("padding of 0 bytes"),
		"pad_33":       signedButUnsound("padding of 33 bytes"),
		"pad_uneven":   signedButUnsound("not uniform"),
		"long_msg_len": signedButUnsound("more bytes than it holds"),
		"unknown_msg_type": func(t *testing.T, in simulatortest.Received) {
			require.True(t, in.Safe)
			require.Equal(t, "not_yet_invented", in.Message.MsgType)
		},
		"doctype": func(t *testing.T, in simulatortest.Received) {
			require.True(t, in.Safe)
			require.True(t, strings.HasPrefix(in.Inner, "<!DOCTYPE"))
			require.True(t, strings.HasPrefix(in.Body, "<xml>"))
		},
		"doctype_envelope": func(t *testing.T, in simulatortest.Received) {
			require.True(t, strings.HasPrefix(in.Body, "<!DOCTYPE"))
		},
		"oversized_body": func(t *testing.T, in simulatortest.Received) {
			require.True(t, in.Safe)
			require.Greater(t, len(in.Body), 2<<20)
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := simulatortest.New(t)
			w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"encoding_aes_key":"`+simulatortest.OlderKey+`"}`, 200)
			w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"encoding_aes_key":"`+simulatortest.AESKey+`"}`, 200)
			w.Fault(`{"kind":"` + kind + `"}`)
			w.Server.Answers(func(in simulatortest.Received) (int, string) {
				return map[bool]int{true: 403, false: 200}[in.N == 0], ""
			})
			verdict, attempts := w.Say("hello")
			require.Equal(t, "accepted", verdict)
			require.Equal(t, 2, attempts)
			got := w.Server.Received()
			spoilt(t, got[0])
			require.True(t, got[1].Safe)
			require.True(t, got[1].Query.Has("signature"))
			require.Equal(t, []string{kind}, w.Attempts()[0].Faults)
			require.Empty(t, w.Attempts()[1].Faults)
		})
	}
}

func TestFault_previousKeyIsAnsweredUnderThatKey(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"encoding_aes_key":"`+simulatortest.OlderKey+`"}`, 200)
	require.Equal(t, simulatortest.AESKey, w.Do("GET", "/_sim/accounts/"+simulatortest.AppID, "", 200)["previous_encoding_aes_key"])
	w.Fault(`{"kind":"previous_key"}`)
	w.Server.Answers(func(simulatortest.Received) (int, string) {
		return 200, simulatortest.Wrapped(simulatortest.TextReply("hi"))
	})
	verdict, _ := w.Say("hello")
	require.Equal(t, "replied", verdict)
	verdict, _ = w.Say("hello")
	require.Equal(t, "failed", verdict, "the reply to the present key is under the old one")
}

func TestFault_duplicateHasTheSameMsgID(t *testing.T) {
	t.Parallel()
	for _, racing := range []bool{false, true} {
		t.Run("concurrent="+strconv.FormatBool(racing), func(t *testing.T) {
			t.Parallel()
			w := simulatortest.New(t)
			w.Server.Answers(func(simulatortest.Received) (int, string) {
				return 200, simulatortest.Wrapped(simulatortest.TextReply("hi"))
			})
			w.Fault(`{"kind":"duplicate","copies":3,"concurrent":` + strconv.FormatBool(racing) + `}`)
			verdict, attempts := w.Say("hello")
			require.Equal(t, "replied", verdict)
			require.Equal(t, 1, attempts)
			simulatortest.Eventually(t, func() bool { return len(w.Attempts()) == 4 }, "the copies are recorded")
			ids, nonces := map[int64]bool{}, map[string]bool{}
			for _, in := range w.Server.Received() {
				ids[in.Message.MsgID] = true
				nonces[in.Query.Get("nonce")] = true
			}
			require.Len(t, ids, 1)
			require.Len(t, nonces, 4)
			require.Equal(t, []string{"passive: hi"}, w.Heard(), "it is shown once")
		})
	}
}

func TestFault_lostAnswerCountsAsFailed(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Fault(`{"kind":"lost_answer","count":2}`)
	w.Server.Answers(func(simulatortest.Received) (int, string) {
		return 200, simulatortest.Wrapped(simulatortest.TextReply("hi"))
	})
	verdict, attempts := w.Say("hello")
	require.Equal(t, "replied", verdict)
	require.Equal(t, 3, attempts)
	require.Equal(t, []string{"passive: hi"}, w.Heard())
	require.Equal(t, "lost", w.Attempts()[0].Verdict)
}

func TestFault_waitsForItsOccasion(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/accounts/"+simulatortest.AppID, `{"mode":"plain"}`, 200)
	w.Fault(`{"kind":"wrong_msg_signature"}`)
	w.Fault(`{"kind":"lost_answer","openid":"oSomebodyElse"}`)
	w.Fault(`{"kind":"lost_answer","app_id":"wxffffffffffffffff"}`)
	_, attempts := w.Say("hello")
	require.Equal(t, 1, attempts)
	for _, f := range simulatortest.Get[map[string]any](w, "/_sim/faults") {
		require.EqualValues(t, 1, f["count"])
		require.EqualValues(t, 0, f["used"])
	}
	w.Do("DELETE", "/_sim/faults", "", 200)
	require.Empty(t, simulatortest.Get[map[string]any](w, "/_sim/faults"))
}

// signedButUnsound is a callback whose signature holds and whose frame must be refused.
func signedButUnsound(reason string) func(*testing.T, simulatortest.Received) {
	return func(t *testing.T, in simulatortest.Received) {
		require.False(t, in.Safe)
		require.Equal(t, envelope.Sign(simulatortest.Token, in.Query.Get("timestamp"), in.Query.Get("nonce"), in.Message.Encrypt), in.Query.Get("msg_signature"))
		key, _ := envelope.ParseKey(simulatortest.AESKey)
		_, _, err := envelope.Unseal(key, in.Message.Encrypt)
		require.ErrorContains(t, err, reason)
	}
}

func TestFault_unknownEventWaitsForAnEvent(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Fault(`{"kind":"unknown_event"}`)
	w.Say("hello")
	w.Act(`{"kind":"click","key":"HELP"}`)
	got := w.Server.Received()
	require.Equal(t, "text", got[0].Message.MsgType)
	require.Equal(t, "event not_yet_invented HELP", got[1].Message.MsgType+" "+got[1].Message.Event+" "+got[1].Message.EventKey)
}

func TestFault_sameSecondRepeatsTheCreateTime(t *testing.T) {
	t.Parallel()
	now := time.Now()
	var mu sync.Mutex
	w := simulatortest.NewWith(t, simulator.Options{Now: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}})
	w.Act(`{"kind":"click","key":"A"}`)
	w.Fault(`{"kind":"same_second"}`)
	w.Act(`{"kind":"click","key":"B"}`)
	w.Act(`{"kind":"click","key":"C"}`)
	got := w.Server.Received()
	require.Equal(t, got[0].Message.CreateTime, got[1].Message.CreateTime)
	require.NotEqual(t, got[0].Message.CreateTime, got[2].Message.CreateTime)
}

func TestFault_slowBodyArrivesInPortions(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Fault(`{"kind":"slow_body","delay":"100ms"}`)
	verdict, attempts := w.Say("hello")
	require.Equal(t, "accepted", verdict)
	require.Equal(t, 1, attempts)
	require.True(t, w.Server.Received()[0].Safe, "it is whole in the end")
	require.GreaterOrEqual(t, w.Attempts()[0].TookMS, int64(100))
}

func TestFault_bodyTooSlowIsATimeOut(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Do("PATCH", "/_sim/settings", `{"timeout":"50ms"}`, 200)
	w.Fault(`{"kind":"slow_body"}`)
	_, attempts := w.Say("hello")
	require.Equal(t, 2, attempts)
	require.Contains(t, w.Attempts()[0].Reason, "no answer within")
}
