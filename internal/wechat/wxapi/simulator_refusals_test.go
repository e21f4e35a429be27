package wxapi_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

// The codes of the protocol notes' table (6.2), each given once by the control API to a send and to another call.
func TestSimulator_eachErrorCodeIsUnderstood(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	for _, code := range slices.Concat(
		[]wechat.ErrCode{-1, 40001, 40014, 42001, 42007, 41001, 40164, 40013, 40125, 40002, 40243, 41002, 41004, 61024},
		span(89501, 89507),
		[]wechat.ErrCode{40003, 40004, 40005, 40006, 40009, 40010, 40011, 40012, 40113, 45001, 45007, 40007, 46001, 40008, 40033},
		[]wechat.ErrCode{40035, 40097, 47001, 40037, 47003, 40200, 43002, 43003, 44002, 43004, 50005, 43019, 43101, 44004, 44003},
		span(45002, 45006), []wechat.ErrCode{45008, 45009, 45011, 45015, 45047, 45065, 45066, 45067, 45072, 45080, 45081, 45162},
		[]wechat.ErrCode{48001, 48002, 48004, 48006, 48008, 50001, 50002, 50003, 61003, 61007, 61004},
		span(61450, 61457), span(65400, 65417), span(65301, 65319),
	) {
		s.fault(code, "message/custom/send")
		outcome := s.client.SendText(t.Context(), s.of, customer, "x")
		s.fault(code, "user/info")
		_, err := s.client.UserInfo(t.Context(), s.of, customer)

		require.NotEqual(t, wechat.ReasonUnknown, code.Reason(), "%d", code)
		switch code {
		case 40001, 40014, 42001: // cured by another access token
			require.Equal(t, wechat.SendOutcome{Status: wechat.SendSent}, outcome, "%d", code)
			require.NoError(t, err, "%d", code)
			continue
		case -1, 61450, 45009, 45011, 45066, 89501, 89502, 89503, 89504, 89505: // cured by time
			requireOutcome(t, wechat.SendLater, code.Reason(), outcome)
		default:
			requireOutcome(t, wechat.SendFailed, code.Reason(), outcome)
		}
		require.Equal(t, code, outcome.Code)
		requireCode(t, code, code.Reason(), err)
	}
	require.Zero(t, s.faultsLeft())
}

// And those that the token API has, if a refused credential is the AppSecret.
func TestSimulator_tokenErrorCodesAreUnderstood(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	for _, code := range append([]wechat.ErrCode{-1, 40001, 40125, 40013, 40002, 41002, 41004, 40164, 40243, 61024, 45009, 45011}, span(89501, 89507)...) {
		reason := code.Reason()
		if code == 40001 {
			reason = "app-secret-invalid"
		}
		s.fault(code, "stable_token")
		err := s.client.CheckCredentials(t.Context(), s.of)
		requireCode(t, code, reason, err)
		s.fault(code, "stable_token")
		outcome := s.client.SendText(t.Context(), s.of, customer, "x")
		require.NotEqual(t, wechat.SendSent, outcome.Status, "without a token nothing is sent")
		require.Equal(t, reason, outcome.Reason)
	}
	require.Zero(t, s.faultsLeft())
	items, _ := s.screen()
	require.Len(t, items, 1, "only what the customer wrote")
}

// What the simulator refuses by itself, as an account that is set up wrongly or a customer who went away would see it.
func TestSimulator_refusesWhatWeChatRefuses(t *testing.T) {
	t.Parallel()
	text := wechat.Text{Content: "x"}
	for name, tt := range map[string]struct {
		before  func(*simulated)
		message wechat.Message
		code    wechat.ErrCode
		reason  string
	}{
		"a text that is too long":      {nil, wechat.Text{Content: strings.Repeat("字", 683)}, 45002, "content-too-long"},
		"a medium nobody uploaded":     {nil, wechat.Image{MediaID: "m"}, 40007, "media-expired"},
		"a customer on the blacklist":  {changed("followers/"+string(customer), object{"blocked": true}), text, 43019, "customer-blacklisted"},
		"a menu of a sandbox":          {changed("", object{"kind": "sandbox"}), wechat.Menu{Items: []wechat.MenuItem{{ID: "1", Content: "yes"}}}, 40200, "not-for-this-account-kind"},
		"an unverified account":        {changed("", object{"kind": "unverified_service"}), text, 48001, "api-unauthorized"},
		"an address not on the list":   {changed("", object{"ip_allow_list": []string{"192.0.2.1"}}), text, 40164, "address-not-on-list"},
		"another secret":               {changed("", object{"app_secret": strings.Repeat("0", 32)}), text, 40125, "app-secret-invalid"},
		"an account that is not there": {func(s *simulated) { s.of.AppID = "wxffffffffffffffff" }, text, 40013, "app-id-invalid"},
		"two days later":               {func(s *simulated) { s.control("POST", "clock", object{"advance": "48h"}, nil) }, text, 45015, "reply-window-closed"},
		"nobody follows any more":      {func(s *simulated) { s.control("DELETE", s.follower(""), nil, nil) }, text, 45015, "reply-window-closed"},
		"more messages than are allowed": {
			func(s *simulated) {
				s.control("PATCH", "settings", object{"window_messages": 1}, nil)
				s.does(object{"text": "again"})
				require.Equal(s.t, wechat.SendSent, s.client.Send(s.t.Context(), s.of, customer, text).Status)
			},
			text, 45047, "reply-count-spent",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSimulated(t)
			if tt.before != nil {
				tt.before(s)
			}
			require.Equal(t, wechat.SendOutcome{Status: wechat.SendFailed, Code: tt.code, Reason: tt.reason}, s.client.Send(t.Context(), s.of, customer, tt.message))
		})
	}
}

func TestSimulator_endedTokensAreReplaced(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*simulated){
		"42001 after two hours":               func(s *simulated) { s.control("POST", "clock", object{"advance": "3h"}, nil) },
		"40001 after somebody fetched others": func(s *simulated) { s.control("DELETE", s.account("tokens"), nil, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSimulated(t)
			for range 2 {
				require.Equal(t, wechat.SendOutcome{Status: wechat.SendSent}, s.client.SendText(t.Context(), s.of, customer, "x"))
				end(s)
			}
			_, err := s.client.UserInfo(t.Context(), s.of, customer)
			require.NoError(t, err)
		})
	}
}

func TestSimulator_refusesOtherCallsToo(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	require.NoError(t, s.client.Typing(t.Context(), s.of, customer))
	requireCode(t, 45081, "typing-already", s.client.Typing(t.Context(), s.of, customer))
	_, err := s.client.UserInfo(t.Context(), s.of, "oForeign-000000000000000000")
	requireCode(t, 40003, "customer-unknown", err)
	_, err = s.client.DownloadMedia(t.Context(), s.of, "m", 1)
	requireCode(t, 40007, "media-expired", err)
	_, err = s.client.UploadMedia(t.Context(), s.of, wxapi.Upload{Type: wxapi.MediaImage, Name: "a.png", Content: strings.NewReader("<svg/>"), Size: 6})
	requireCode(t, 40005, "media-type-invalid", err)
	requireCode(t, 40018, "menu-invalid", s.client.CreateMenu(t.Context(), s.of, []wxapi.Button{{Type: "click", Name: strings.Repeat("x", 17), Key: "k"}}))

	id := s.uploads(wxapi.MediaImage, pngFile(t))
	s.control("POST", "clock", object{"advance": "72h"}, nil)
	_, err = s.client.DownloadMedia(t.Context(), s.of, id, 1<<20)
	requireCode(t, 40007, "media-expired", err)
	requireCode(t, 45080, "typing-too-late", s.client.Typing(t.Context(), s.of, customer))
}

// changed changes the account, or what is at a path below it.
func changed(path string, to object) func(*simulated) {
	return func(s *simulated) { s.control("PATCH", strings.TrimSuffix(s.account(path), "/"), to, nil) }
}

// faultsLeft is how many faults have not happened yet.
func (s *simulated) faultsLeft() int {
	s.t.Helper()
	var faults struct {
		Items []struct {
			Count int `json:"count"`
		} `json:"items"`
	}
	s.control("GET", "faults", nil, &faults)
	left := 0
	for _, f := range faults.Items {
		left += f.Count
	}
	return left
}

// requireCode wants a call to have failed with an errcode and its reason, and to say under which number WeChat keeps it.
func requireCode(t *testing.T, code wechat.ErrCode, reason string, err error) {
	t.Helper()
	var failed *wxapi.Error
	require.ErrorAs(t, err, &failed, strconv.Itoa(int(code)))
	require.Equal(t, []any{code, reason}, []any{failed.Code, failed.Reason}, err)
	require.NotEmpty(t, failed.RID)
	require.Equal(t, code == wechat.CodeAddressNotOnList, failed.Address.IsValid())
}

func span(first, last wechat.ErrCode) []wechat.ErrCode {
	var codes []wechat.ErrCode
	for c := first; c <= last; c++ {
		codes = append(codes, c)
	}
	return codes
}
