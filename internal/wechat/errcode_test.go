package wechat_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// Each row of the protocol notes' error table (6.2): whether the call may be made again, and whether a person must look.
func TestErrCode_saysWhatEachRowOfTheTableMeans(t *testing.T) {
	t.Parallel()
	const alert, quiet = true, false
	known := map[wechat.ErrCode]bool{}
	for _, row := range []struct {
		codes  []wechat.ErrCode
		class  wechat.Class
		retry  wechat.Retry
		reason string
		alert  bool
	}{
		{codes(-1), wechat.ClassBusy, wechat.RetryBackOff, "wechat-busy", quiet},
		{codes(0), wechat.ClassOK, wechat.RetryNever, "", quiet},
		{codes(40001, 40014), wechat.ClassRefresh, wechat.RetryNewToken, "access-token-refused", quiet},
		{codes(42001), wechat.ClassRefresh, wechat.RetryNewToken, "access-token-expired", quiet},
		{codes(42007), wechat.ClassConfig, wechat.RetryNever, "access-token-wrong-kind", alert},
		{codes(41001), wechat.ClassConfig, wechat.RetryNever, "access-token-missing", alert},
		{codes(40164, 61004), wechat.ClassConfig, wechat.RetryNever, "address-not-on-list", alert},
		{codes(89501, 89502, 89503, 89504, 89505), wechat.ClassAwaiting, wechat.RetryInMinutes, "address-awaits-administrator", alert},
		{codes(89507), wechat.ClassConfig, wechat.RetryInAnHour, "address-refused-by-administrator", alert},
		{codes(89506), wechat.ClassConfig, wechat.RetryInADay, "address-refused-by-administrator", alert},
		{codes(40013), wechat.ClassConfig, wechat.RetryNever, "app-id-invalid", alert},
		{codes(40125), wechat.ClassConfig, wechat.RetryNever, "app-secret-invalid", alert},
		{codes(40002), wechat.ClassConfig, wechat.RetryNever, "grant-type-invalid", alert},
		{codes(40243), wechat.ClassConfig, wechat.RetryNever, "app-secret-frozen", alert},
		{codes(41002), wechat.ClassConfig, wechat.RetryNever, "app-id-missing", alert},
		{codes(41004), wechat.ClassConfig, wechat.RetryNever, "app-secret-missing", alert},
		{codes(61024), wechat.ClassConfig, wechat.RetryNever, "managed-by-component", alert},
		{codes(40003), wechat.ClassRefused, wechat.RetryNever, "customer-unknown", quiet},
		{codes(40004, 40005, 40113), wechat.ClassRefused, wechat.RetryNever, "media-type-invalid", quiet},
		{codes(40006, 40009, 40010, 40011, 40012, 45001), wechat.ClassRefused, wechat.RetryNever, "media-too-large", quiet},
		{codes(45007), wechat.ClassRefused, wechat.RetryNever, "voice-too-long", quiet},
		{codes(40007, 46001), wechat.ClassRefused, wechat.RetryNewUpload, "media-expired", quiet},
		{codes(40008, 40035, 40097, 47001, 43002, 43003, 44002), wechat.ClassConfig, wechat.RetryNever, "request-invalid", alert},
		{codes(40033), wechat.ClassRefused, wechat.RetryNever, "characters-invalid", quiet},
		{codes(40037), wechat.ClassConfig, wechat.RetryNever, "template-unknown", alert},
		{codes(47003), wechat.ClassConfig, wechat.RetryNever, "template-data-invalid", alert},
		{codes(40200, 45162), wechat.ClassRefused, wechat.RetryNever, "not-for-this-account-kind", quiet},
		{codes(43004, 50005), wechat.ClassRefused, wechat.RetryNever, "customer-not-following", quiet},
		{codes(43019), wechat.ClassRefused, wechat.RetryNever, "customer-blacklisted", quiet},
		{codes(43101), wechat.ClassRefused, wechat.RetryNever, "customer-refuses-notices", quiet},
		{codes(44003), wechat.ClassRefused, wechat.RetryNever, "article-empty", quiet},
		{codes(44004), wechat.ClassRefused, wechat.RetryNever, "text-empty", quiet},
		{codes(45002), wechat.ClassRefused, wechat.RetryNever, "content-too-long", quiet},
		{codes(45003), wechat.ClassRefused, wechat.RetryNever, "title-too-long", quiet},
		{codes(45004), wechat.ClassRefused, wechat.RetryNever, "description-too-long", quiet},
		{codes(45005), wechat.ClassRefused, wechat.RetryNever, "url-too-long", quiet},
		{codes(45006), wechat.ClassRefused, wechat.RetryNever, "picture-url-too-long", quiet},
		{codes(45008), wechat.ClassRefused, wechat.RetryNever, "too-many-articles", quiet},
		{codes(45009), wechat.ClassDailyQuota, wechat.RetryTomorrow, "daily-quota-spent", quiet},
		{codes(45011), wechat.ClassThrottled, wechat.RetryNextMinute, "minute-quota-spent", quiet},
		{codes(45015), wechat.ClassRefused, wechat.RetryNever, "reply-window-closed", quiet},
		{codes(45047), wechat.ClassRefused, wechat.RetryNever, "reply-count-spent", quiet},
		{codes(45065), wechat.ClassRefused, wechat.RetryNever, "client-message-id-known", quiet},
		{codes(45066), wechat.ClassThrottled, wechat.RetryNextMinute, "client-message-id-too-soon", quiet},
		{codes(45067), wechat.ClassRefused, wechat.RetryNever, "client-message-id-too-long", quiet},
		{codes(45072), wechat.ClassRefused, wechat.RetryNever, "typing-command-invalid", quiet},
		{codes(45080), wechat.ClassRefused, wechat.RetryNever, "typing-too-late", quiet},
		{codes(45081), wechat.ClassRefused, wechat.RetryNever, "typing-already", quiet},
		{codes(48001), wechat.ClassConfig, wechat.RetryNever, "api-unauthorized", alert},
		{codes(48002), wechat.ClassRefused, wechat.RetryNever, "customer-refuses-messages", quiet},
		{codes(48004), wechat.ClassConfig, wechat.RetryNever, "api-forbidden", alert},
		{codes(48006), wechat.ClassConfig, wechat.RetryNever, "quota-reset-spent", alert},
		{codes(48008), wechat.ClassRefused, wechat.RetryNever, "no-right-for-message-type", quiet},
		{codes(50001), wechat.ClassConfig, wechat.RetryNever, "account-unauthorized", alert},
		{codes(50002), wechat.ClassConfig, wechat.RetryNever, "account-limited", alert},
		{codes(50003), wechat.ClassRefused, wechat.RetryNever, "customer-unexpected", quiet},
		{codes(61003, 61007), wechat.ClassConfig, wechat.RetryNever, "component-unauthorized", alert},
		{codes(61450), wechat.ClassBusy, wechat.RetryBackOff, "wechat-busy", quiet},
		{append(span(61451, 61457), span(65400, 65417)...), wechat.ClassConfig, wechat.RetryNever, "service-account-invalid", alert},
		{span(65301, 65319), wechat.ClassConfig, wechat.RetryNever, "personal-menu-invalid", alert},
		// Not in 6.2: the answers of callback/check (section 1) and of the menu API.
		{codes(40201), wechat.ClassConfig, wechat.RetryNever, "callback-url-invalid", alert},
		{codes(40202, 40203), wechat.ClassConfig, wechat.RetryNever, "request-invalid", alert},
		{span(40015, 40028), wechat.ClassConfig, wechat.RetryNever, "menu-invalid", alert},
		{codes(46002, 46003), wechat.ClassConfig, wechat.RetryNever, "menu-missing", alert},
	} {
		for _, code := range row.codes {
			t.Run(strconv.Itoa(int(code)), func(t *testing.T) {
				require.Equal(t, row.class, code.Class())
				require.Equal(t, row.retry, code.Retry())
				require.Equal(t, row.reason, code.Reason())
				require.Equal(t, row.alert, code.Class().Alert())
			})
			known[code] = true
		}
	}
	for _, code := range wechat.ErrCodes() {
		require.Truef(t, known[code], "%d has no row in this test", code)
	}
	require.Equal(t, wechat.RetryNever, wechat.ErrCode(99999).Retry())
}

func codes(c ...wechat.ErrCode) []wechat.ErrCode { return c }

func span(first, last wechat.ErrCode) []wechat.ErrCode {
	var all []wechat.ErrCode
	for c := first; c <= last; c++ {
		all = append(all, c)
	}
	return slices.Clip(all)
}
