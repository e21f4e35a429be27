package wechat_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

func TestErrCodes_haveAClassAndAStableReason(t *testing.T) {
	t.Parallel()
	for _, code := range wechat.ErrCodes() {
		require.NotEqualf(t, wechat.ClassUnknown, code.Class(), "%d", code)
		require.NotEqualf(t, "invalid", code.Class().String(), "%d", code)
		require.Equalf(t, code == wechat.CodeOK, code.Reason() == "", "%d", code)
		require.Regexpf(t, regexp.MustCompile(`^([a-z]+(-[a-z]+)*)?$`), code.Reason(), "%d", code)
	}
}

// W04
func TestOutcomeOf_unknownCodesFailAndAlert(t *testing.T) {
	t.Parallel()
	for _, code := range []wechat.ErrCode{1, 99999, -2, 1 << 40} {
		require.Equal(t, wechat.ClassUnknown, code.Class())
		require.True(t, code.Class().Alert())
		require.Equal(t, wechat.SendOutcome{Status: wechat.SendFailed, Code: code, Reason: "unknown-errcode"}, wechat.OutcomeOf(code, time.Time{}))
	}
}

func TestOutcomeOf_followsTheTable(t *testing.T) {
	t.Parallel()
	noonInBeijing := time.Date(2026, 11, 20, 4, 0, 0, 0, time.UTC)
	tests := []struct {
		code    wechat.ErrCode
		want    wechat.SendOutcome
		limited bool
	}{
		{0, wechat.SendOutcome{Status: wechat.SendSent}, false},
		{-1, wechat.SendOutcome{Status: wechat.SendLater, Reason: "wechat-busy", After: time.Second}, true},
		{40001, wechat.SendOutcome{Status: wechat.SendLater, Reason: "access-token-refused", After: 30 * time.Second}, true},
		{45011, wechat.SendOutcome{Status: wechat.SendLater, Reason: "minute-quota-spent", After: time.Minute}, false},
		{45009, wechat.SendOutcome{Status: wechat.SendLater, Reason: "daily-quota-spent", After: 12 * time.Hour}, false},
		{89503, wechat.SendOutcome{Status: wechat.SendLater, Reason: "address-awaits-administrator", After: 5 * time.Minute}, true},
		{89506, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "address-refused-by-administrator"}, false},
		{45015, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "reply-window-closed"}, false},
		{45047, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "reply-count-spent"}, false},
		{45002, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "content-too-long"}, false},
		{40003, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "customer-unknown"}, false},
		{43004, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "customer-not-following"}, false},
		{48001, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "api-unauthorized"}, false},
		{40164, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "address-not-on-list"}, false},
	}
	for _, tt := range tests {
		tt.want.Code = tt.code
		got := wechat.OutcomeOf(tt.code, noonInBeijing)
		require.Equal(t, tt.want, got)
		require.Equal(t, tt.limited, got.Limited())
	}
}

// W03
func TestOutcomeOf_dailyQuotaEndsAtMidnight(t *testing.T) {
	t.Parallel()
	for now, want := range map[time.Time]time.Duration{
		time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC):   time.Hour,      // 23:00
		time.Date(2026, 11, 20, 15, 59, 59, 0, time.UTC): time.Minute,    // 23:59:59, at least a minute
		time.Date(2026, 11, 20, 16, 0, 0, 0, time.UTC):   24 * time.Hour, // 00:00
	} {
		require.Equal(t, want, wechat.OutcomeOf(wechat.CodeDailyQuota, now).After)
	}
}

func TestClass_sayWhatAlertsAndPrint(t *testing.T) {
	t.Parallel()
	require.True(t, wechat.CodeAddressNotOnList.Class().Alert())
	require.False(t, wechat.CodeReplyWindowClosed.Class().Alert())
	require.Equal(t, "refresh", wechat.ClassRefresh.String())
	require.Equal(t, "invalid", wechat.Class(0).String())
	require.Equal(t, "45015", wechat.CodeReplyWindowClosed.String())
	require.Equal(t, "unsubscribe", wechat.ConcernUnsubscribe.String())
}
