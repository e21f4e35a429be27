package state

import (
	"errors"
	"fmt"
)

// Check returns an error that names a setting that is too small.
func (s Settings) Check() error {
	for name, n := range s.positive() {
		if n < 1 {
			return fmt.Errorf("%s must be at least 1", name)
		}
	}
	for name, n := range s.counts() {
		if n < 0 {
			return fmt.Errorf("%s must not be negative", name)
		}
	}
	for name, d := range s.durations() {
		if d <= 0 {
			return fmt.Errorf("%s must be longer than 0s", name)
		}
	}
	if s.TokenOverlap < 0 {
		return errors.New("token_overlap must not be negative")
	}
	return nil
}

func (s Settings) positive() map[string]int {
	return map[string]int{"attempts": s.Attempts, "concurrency": s.Concurrency, "text_limit": s.TextLimit}
}

func (s Settings) counts() map[string]int {
	return map[string]int{
		"window_messages": s.WindowMessages, "tap_messages": s.TapMessages, "token_daily": s.TokenDaily, "stable_daily": s.StableDaily,
		"stable_minute": s.StableMinute, "stable_force_daily": s.StableForceDaily, "send_daily": s.SendDaily, "send_minute": s.SendMinute,
		"mark_fail_after": s.MarkFailAfter, "upload_daily": s.UploadDaily, "download_daily": s.DownloadDaily, "template_daily": s.TemplateDaily,
		"qrcode_daily": s.QRCodeDaily, "menu_daily": s.MenuDaily, "menu_get_daily": s.MenuGetDaily, "user_daily": s.UserDaily,
	}
}

func (s Settings) durations() map[string]Duration {
	return map[string]Duration{
		"timeout": s.Timeout, "retry_after": s.RetryAfter, "window": s.Window, "tap_window": s.TapWindow, "token_lifetime": s.TokenLifetime,
		"mark_fail_pause": s.MarkFailPause,
	}
}
